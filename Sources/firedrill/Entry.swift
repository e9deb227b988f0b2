import ArgumentParser
import Foundation

/// Decides between the console and the processes that Firedrill starts of itself.
///
/// Those come first: they must begin with one thread, before Swift's concurrency makes more.
@main
enum Entry {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    signal(SIGPIPE, SIG_IGN)
    if let name = arguments.first, let process = HiddenProcess(rawValue: name) {
      exit(process.run(Array(arguments.dropFirst())))
    }
    Task {
      await Firedrill.runMain(arguments)
      exit(ExitCode.success.rawValue)
    }
    dispatchMain()
  }
}

/// Processes of ours that no person starts.
enum HiddenProcess: String {
  /// `guardian LAB`: parents the lab's nodes, in the background.
  case guardian
  /// `keeper LAB`: removes the lab's containers when its guardian has ended.
  case keeper
  /// `controller LAB`: serves the lab's API; started by the guardian.
  case controller
  /// `enter-lab HOSTS -- COMMAND...`: becomes the command, where the lab's names resolve.
  case enterLab = "enter-lab"
  /// `enter-node PID -- COMMAND...`: runs the command inside a node.
  case enterNode = "enter-node"
  /// `fault-worker`: applies the fault that a file tells it, and undoes it when it is ended.
  case faultWorker = "fault-worker"

  func run(_ arguments: [String]) -> Int32 {
    switch self {
    case .guardian: GuardianProcess.run(arguments)
    case .keeper: KeeperProcess.run(arguments)
    case .controller: ControllerProcess.run(arguments)
    case .enterLab: EnterLabProcess.run(arguments)
    case .enterNode: EnterNodeProcess.run(arguments)
    case .faultWorker: FaultWorkerProcess.run(arguments)
    }
  }
}
