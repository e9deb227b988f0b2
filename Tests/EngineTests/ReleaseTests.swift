import Foundation
import TestFiles
import Testing

@testable import Engine

/// Labs name the images of this release, and no other.
@Suite struct ReleaseTests {
  private static let labs =
    ["compose"]
    + ((try? FileManager.default.contentsOfDirectory(atPath: Repository.root + "/Chaos")) ?? []).map { "Chaos/\($0)" }

  @Test func everyLabNamesTheImagesOfThisRelease() throws {
    let files = Self.labs.map { "\($0)/lab/.env" }
      .filter { FileManager.default.fileExists(atPath: "\(Repository.root)/\($0)") }
    #expect(files.count > 6)
    for file in files {
      let lines = try Repository.text(file).split(separator: "\n")
        .filter { $0.hasPrefix("FIREDRILL_VERSION=") }
      #expect(lines == ["FIREDRILL_VERSION=\(Release.version)"], "\(file)")
    }
  }

  @Test(arguments: ["compose/grader.yaml", "README.md"]) func soDoesTheGrader(_ file: String) throws {
    let text = try Repository.text(file)
    let tags = text.matches(of: /firedrill\/grader(:[0-9.]+[0-9])?/).map { $0.1.map(String.init) }
    #expect(!tags.isEmpty && tags.allSatisfy { $0 == ":\(Release.version)" }, "\(tags)")
  }
}
