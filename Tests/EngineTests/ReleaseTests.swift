import Foundation
import Testing

@testable import Engine

/// Labs name the images of this release, and no other.
@Suite struct ReleaseTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let labs =
    ["compose"] + ((try? FileManager.default.contentsOfDirectory(atPath: root + "/Chaos")) ?? []).map { "Chaos/\($0)" }

  @Test func everyLabNamesTheImagesOfThisRelease() throws {
    let files = Self.labs.map { "\($0)/lab/.env" }
      .filter { FileManager.default.fileExists(atPath: "\(Self.root)/\($0)") }
    #expect(files.count > 6)
    for file in files {
      let lines = try String(contentsOfFile: "\(Self.root)/\(file)", encoding: .utf8).split(separator: "\n")
        .filter { $0.hasPrefix("FIREDRILL_VERSION=") }
      #expect(lines == ["FIREDRILL_VERSION=\(Release.version)"], "\(file)")
    }
  }

  @Test(arguments: ["compose/grader.yaml", "README.md"]) func soDoesTheGrader(_ file: String) throws {
    let text = try String(contentsOfFile: "\(Self.root)/\(file)", encoding: .utf8)
    let tags = text.matches(of: /firedrill\/grader(:[0-9.]+[0-9])?/).map { $0.1.map(String.init) }
    #expect(!tags.isEmpty && tags.allSatisfy { $0 == ":\(Release.version)" }, "\(tags)")
  }
}
