import Foundation
import Testing
import Topology

/// The decoys that this repository ships: each is described, has its script, and is pinned to a check of its scenario.
@Suite struct DecoyFilesTests {
  static let chaos = URL(filePath: "\(RepositoryFilesTests.root)/Chaos").resolvingSymlinksInPath().path

  static let files = ((try? FileManager.default.subpathsOfDirectory(atPath: chaos)) ?? [])
    .filter { $0.contains("/decoys/") && $0.hasSuffix(".yaml") }.sorted()

  @Test func thereAreSome() { #expect(Self.files.count >= 5) }

  @Test(arguments: files) func isInForm(file: String) throws {
    let problems = Problems()
    let text = try String(contentsOfFile: "\(Self.chaos)/\(file)", encoding: .utf8)
    let decoy = try #require(YAML.read(text, file: file, problems: problems))
    let id = decoy.required("id")?.name() ?? ""
    let script = decoy.required("script")?.name() ?? ""
    let check = decoy.required("check")?.name() ?? ""
    for key in ["title", "reason", "because"] { #expect(decoy.required(key)?.name() != nil) }
    decoy.refuseOthers()
    try problems.throwIfAny()
    let folder = (file as NSString).deletingLastPathComponent
    #expect(file == "\(folder)/\(id).yaml" && script == "\(id).sh")
    #expect(FileManager.default.isExecutableFile(atPath: "\(Self.chaos)/\(folder)/\(script)"))
    let scenario = "\((folder as NSString).deletingLastPathComponent)/scenario.yaml"
    let words = try String(contentsOfFile: "\(Self.chaos)/\(scenario)", encoding: .utf8)
    let top = try #require(YAML.read(words, file: scenario, problems: problems))
    let checks = top.required("checks")?.list().compactMap { $0.map()?.required("id")?.name() } ?? []
    #expect(checks.contains(check))
  }
}
