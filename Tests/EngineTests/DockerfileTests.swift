import Foundation
import TestFiles
import Testing

@testable import Engine

/// What can be said of the images without a Docker engine.
@Suite struct DockerfileTests {
  private func lines(_ name: String) throws -> [[String]] {
    try Repository.text(name).replacing("\\\n", with: " ").split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }
  }

  private func stages(_ name: String) throws -> [String] {
    try lines(name).filter { $0.first == "FROM" && $0.count == 4 }.map { $0[3] }
  }

  @Test func thereIsAStageForEachImage() throws {
    let stages = try stages("compose/images/Dockerfile")
    for image in ContainerParts.images {
      let name = image.split(separator: "/").last?.prefix { $0 != ":" } ?? ""
      #expect(stages.contains(String(name)), "\(image)")
    }
  }

  @Test(arguments: [
    ("compose/images/Dockerfile", "compose"), ("compose/images/Dockerfile.programs", "."),
  ]) func whatIsCopiedIsThere(_ name: String, _ context: String) throws {
    let stages = try stages(name)
    for line in try lines(name) where line.first == "COPY" {
      let words = line.dropFirst().filter { !$0.hasPrefix("--") }
      if let from = line.first(where: { $0.hasPrefix("--from=") }) {
        #expect(stages.contains(String(from.dropFirst(7))), "\(line)")
      } else {
        for source in words.dropLast() {
          #expect(FileManager.default.fileExists(atPath: "\(Repository.root)/\(context)/\(source)"), "\(line)")
        }
      }
    }
  }

  /// It can be tried only where there is a registry.
  @Test func theStageThatBuildsAsksForWhatIsThere() throws {
    let text = try Repository.text("compose/images/Dockerfile.programs")
    let package = try Repository.text("Package.swift")
    let tools = try #require(package.firstMatch(of: /swift-tools-version:\s*([0-9.]+)/))
    #expect(text.contains("FROM swift:\(tools.1)-bookworm AS build"))
    // The programs stand where the other file takes them from, laid out by the script that the host's build has too.
    #expect(text.contains("make --old-file=bootstrap build && scripts/programs /programs"))
    #expect(text.contains("COPY --from=build /programs /\n"))
    #expect(FileManager.default.isExecutableFile(atPath: Repository.root + "/scripts/programs"))
    let makefile = try Repository.text("Makefile")
    #expect(makefile.contains("\nbuild: bootstrap"))
  }
}
