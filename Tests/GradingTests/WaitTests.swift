import Foundation
import TestFiles
import Testing

@testable import Probes

/// Slowness that is the machine's, and the lines of a log: what is read from files.
@Suite struct WaitTests {
  @Test(
    arguments: [
      ("1200 340 7\n", 340), ("0 0 0", 0), ("1200\t9223372036854775807 7", .max), ("1200", 0), ("", 0), ("1 x 2", 0),
      ("1 99999999999999999999 2", 0),
    ] as [(String, Int64)])
  func theSecondNumberIsTheTimeWithoutAProcessor(text: String, nanoseconds: Int64) {
    #expect(ProcessorWait.waited(text) == nanoseconds)
  }

  @Test func allThreadsOfAProcessWait() {
    #expect(ProcessorWait.total(of: ProcessInfo.processInfo.processIdentifier) > 0)
    // No process has this number.
    #expect(ProcessorWait.total(of: 4_194_305) == 0)
  }

  private func log(_ text: String?, _ look: (NodeLog) -> Void) throws {
    let folder = try Scratch()
    let log = NodeLog(folder: folder.path, node: "db-1")
    #expect(log.path == folder.path + "/db-1.log")
    if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: log.path)) }
    look(log)
  }

  @Test func wordsBehindAnOffsetAreCounted() throws {
    let text = "LOG: start\nERROR: deadlock detected\nERROR: deadlock detected\n"
    try log(text) { log in
      #expect(log.size == text.utf8.count)
      #expect(log.count(of: "deadlock detected", from: 0) == 2)
      // The first one begins at 18, the second one at 43.
      #expect(log.count(of: "deadlock detected", from: 18) == 2)
      #expect(log.count(of: "deadlock detected", from: 19) == 1)
      #expect(log.count(of: "deadlock detected", from: 44) == 0)
      #expect(log.count(of: "deadlock detected", from: log.size) == 0)
      #expect(log.count(of: "panic", from: 0) == 0)
    }
  }

  @Test func aLogThatBeganAnewIsReadFromItsBeginning() throws {
    try log("deadlock detected\n") { #expect($0.count(of: "deadlock detected", from: 5000) == 1) }
  }

  @Test func bytesThatAreNoTextHideNothing() throws {
    try log("é deadlock é deadlock") { log in
      // In the midst of the first letter.
      #expect(log.count(of: "deadlock", from: 1) == 2)
      #expect(log.size == 23)
    }
  }

  @Test func noLogIsNotAnEmptyOne() throws {
    try log(nil) { log in
      #expect(log.count(of: "deadlock", from: 0) == nil)
      #expect(log.size == 0)
    }
    try log("") { #expect($0.count(of: "deadlock", from: 0) == 0) }
  }
}
