import Controller
import Engine
import Foundation
import Synchronization

/// The end of a lab and of this process, on Ctrl-C and other signals that ask for it.
enum EmergencyStop {
  private static let isUnderWay = Mutex(false)

  /// Ends the lab, if there is one, from a signal's handler, then this process. The guardian may be about to begin. A
  /// second signal changes nothing.
  static func begin(_ run: RunDirectory?) {
    let isFirst = isUnderWay.withLock { isUnderWay in
      defer { isUnderWay = true }
      return !isUnderWay
    }
    guard isFirst else { return }
    Console.note("\ninterrupted: stopping everything")
    Task {
      if let run { await LabEnd.end(run, mayBegin: true) }
      PrivateFolder.removeAll()
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
