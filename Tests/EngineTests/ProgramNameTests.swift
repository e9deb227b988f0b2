import Foundation
import TestFiles
import Testing

@testable import Engine

@Suite struct ProgramNameTests {
  @Test func whatTheShellFindsIsCalledByItsName() throws {
    let folder = try Scratch()
    func shown(_ program: String = "/x/.build/release/firedrill") -> String {
      ProgramName.shown(program: program, path: "/nowhere:\(folder.path)", folder: "/x")
    }
    #expect(shown() == ".build/release/firedrill")
    #expect(shown("/opt/firedrill") == "/opt/firedrill")
    #expect(shown("/x/firedrill") == "./firedrill")
    #expect(shown("/it's here/firedrill") == #"'/it'\''s here/firedrill'"#)
    let file = folder.path + "/firedrill"
    try Data().write(to: URL(fileURLWithPath: file))
    try #require(chmod(file, 0o644) == 0)
    #expect(shown() == ".build/release/firedrill", "no program")
    try #require(chmod(file, 0o755) == 0)
    #expect(shown() == "firedrill")
  }
}
