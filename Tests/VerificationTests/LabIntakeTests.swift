import Engine
import Foundation
import TestFiles
import Testing

@testable import Verification

/// What is taken of a folder that somebody hands in.
@Suite struct LabIntakeTests {
  private let scratch: Scratch
  private var source: String { scratch.path + "/in" }
  private var lab: LabFolder { LabFolder(path: scratch.path + "/lab") }

  init() throws {
    scratch = try Scratch("in/sql/orders", "in/.firedrill", "in/secrets", "in/.git", "lab/secrets", "lab/old")
    try put("in/compose.yaml", "services: {}\n")
    try put("in/sql/orders/a.sql", "SELECT 1;\n")
    for path in ["in/.firedrill/lab.json", "in/secrets/door", "in/.git/HEAD"] { try put(path, "theirs") }
    for path in ["lab/secrets/door", "lab/old/b", "lab/compose.yaml"] { try put(path, "ours") }
  }

  private func put(_ path: String, _ text: String) throws {
    try text.write(toFile: "\(scratch.path)/\(path)", atomically: true, encoding: .utf8)
  }

  private func text(_ path: String) -> String? {
    try? String(contentsOfFile: "\(scratch.path)/\(path)", encoding: .utf8)
  }

  /// What is said against the folder as it is.
  private func problems() throws -> [String] {
    do {
      _ = try LabIntake(folder: source)
      return []
    } catch let refused as LabIntake.Refused {
      return refused.problems.map { $0.replacingOccurrences(of: source + "/", with: "") }
    }
  }

  @Test func theFilesTakeThePlaceOfTheLabs() throws {
    try put("in/preflight", "#!/bin/sh\n")
    #expect(chmod(source + "/preflight", 0o4750) == 0)
    try LabIntake(folder: source).lay(over: lab)
    #expect(text("lab/compose.yaml") == "services: {}\n")
    #expect(text("lab/sql/orders/a.sql") == "SELECT 1;\n")
    // What Firedrill keeps in both folders is not theirs to hand in.
    #expect(text("lab/secrets/door") == "ours")
    #expect(text("lab/.firedrill/lab.json") == nil && text("lab/.git/HEAD") == nil)
    #expect(text("lab/old/b") == nil)
    var info = stat()
    #expect(stat(lab.path + "/preflight", &info) == 0 && info.st_mode & 0o7777 == 0o755)
    #expect(stat(lab.path + "/compose.yaml", &info) == 0 && info.st_mode & 0o7777 == 0o644)
  }

  @Test func whatIsNoPlainFileIsRefused() throws {
    let files = FileManager.default
    try files.createSymbolicLink(atPath: source + "/sql/passwd", withDestinationPath: "/etc/passwd")
    try files.createSymbolicLink(atPath: source + "/up", withDestinationPath: "..")
    #expect(mkfifo(source + "/pipe", 0o600) == 0)
    try put("in/a\nb", "")
    #expect(
      try problems() == [
        "a?b: has a control character in its name", "pipe: is neither a file nor a folder",
        "sql/passwd: is a link; hand in the file itself", "up: is a link; hand in the file itself",
      ])
  }

  @Test func whatDecidesAVerdictIsRefusedByName() throws {
    try put("in/judge.yaml", "")
    try put("in/scenario.yaml", "")
    // The same name further down is anybody's.
    try put("in/sql/judge.yaml", "")
    let found = try problems()
    #expect(found.map { $0.prefix { $0 != ":" } } == ["judge.yaml", "scenario.yaml"])
    #expect(found.allSatisfy { $0.contains("comes from the installation only; remove it") })
  }

  @Test func thereIsALimitToItsSize() throws {
    #expect(FileManager.default.createFile(atPath: source + "/big", contents: nil))
    #expect(truncate(source + "/big", off_t(LabIntake.mostBytes + 1)) == 0)
    #expect(try problems() == ["\(source): a lab has at most 2000 files and folders, and 64 MiB"])
    try FileManager.default.removeItem(atPath: source + "/big")
    for number in 0..<LabIntake.mostFiles {
      try FileManager.default.createDirectory(atPath: "\(source)/sql/\(number)", withIntermediateDirectories: false)
    }
    #expect(try problems() == ["\(source): a lab has at most 2000 files and folders, and 64 MiB"])
  }

  @Test func notEveryProblemIsTold() throws {
    for number in 0..<200 { symlink("x", "\(source)/link-\(number)") }
    #expect(try problems().count == LabIntake.mostProblems)
  }

  @Test func whatIsReadAtOnceIsSmall() throws {
    for name in ["compose.yaml", ".env", "sql/compose.yaml"] {
      try put("in/\(name)", String(repeating: "#", count: 262_145))
    }
    #expect(try problems() == [".env: has more than 256 KiB", "compose.yaml: has more than 256 KiB"])
  }

  @Test func scriptsThatAnArchiveHasDisarmedRun() throws {
    try FileManager.default.createDirectory(atPath: source + "/bin", withIntermediateDirectories: true)
    for name in ["preflight", "bin/redis", "sql/x"] { try put("in/" + name, "#!/bin/sh\n") }
    try put("in/bin/notes", "words\n")
    try LabIntake(folder: source).lay(over: lab)
    let modes = ["preflight", "bin/redis", "sql/x", "bin/notes"].map { name in
      var info = stat()
      return stat("\(lab.path)/\(name)", &info) == 0 ? info.st_mode & 0o111 : 0
    }
    #expect(modes == [0o111, 0o111, 0, 0])
  }

  @Test func aFolderThatIsNoLabIsAWrongWord() throws {
    try FileManager.default.removeItem(atPath: source + "/compose.yaml")
    #expect(throws: EngineError.self) { try LabIntake(folder: source) }
  }
}
