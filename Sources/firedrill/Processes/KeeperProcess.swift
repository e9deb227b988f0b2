import Controller
import Engine
import Foundation

/// `firedrill keeper LAB`: removes the lab's containers when the other end of descriptor 3 is closed, which happens at
/// the latest when the guardian ends.
enum KeeperProcess {
  static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 1 else { return ExitStatus.usage }
    // It ends with the guardian, not with what ends the guardian.
    for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
    do {
      let run = RunDirectory(labID: try LabFolder(path: arguments[0]).requireState().id)
      guard let socket = run.dockerSocket else { throw EngineError("\(run.path) has no containers") }
      try ContainerRemoval.whenClosed(3, run, socket: socket)
      return 0
    } catch {
      FileHandle.standardError.say("firedrill keeper: \(error)\n")
      return ExitStatus.software
    }
  }
}
