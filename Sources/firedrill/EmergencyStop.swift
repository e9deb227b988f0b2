import Controller
import Engine
import Foundation
import Synchronization

/// The end of a lab and of this process, on Ctrl-C and other signals that ask for it.
enum EmergencyStop {
  /// A folder that goes as well: the demo's, or that of a lab which is verified.
  static let temporaryFolder = Mutex<String?>(nil)

  private static let isUnderWay = Mutex(false)

  /// Ends the lab, if there is one, from a signal's handler, then this process. The guardian may be about to begin.
  static func begin(_ run: RunDirectory?) {
    isUnderWay.withLock { $0 = true }
    Console.note("\ninterrupted: stopping everything")
    Task {
      if let run { await LabEnd.end(run, mayBegin: true) }
      if let folder = temporaryFolder.withLock({ $0 }) { try? Removal.remove(folder) }
      Foundation.exit(ExitStatus.interrupted)
    }
  }

  /// Returns at once, or never where everything is being stopped: a command whose lab is taken away meanwhile has
  /// neither a result nor an error to tell.
  static func yield() async {
    guard isUnderWay.withLock({ $0 }) else { return }
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }
}
