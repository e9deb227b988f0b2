import Controller
import Engine
import Foundation

/// `firedrill enter-node PID -- COMMAND...`: runs the command inside a node, and ends as it does.
enum EnterNodeProcess {
  static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count >= 3, arguments[1] == "--", let pid = Int32(arguments[0]), pid > 0 else {
      return ExitStatus.usage
    }
    do {
      return try NodeCommand.enter(pid, Array(arguments.dropFirst(2)))
    } catch {
      FileHandle.standardError.say("firedrill: \(error)\n")
      // As env and timeout do for trouble of their own.
      return 125
    }
  }
}
