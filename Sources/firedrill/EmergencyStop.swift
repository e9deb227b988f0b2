import Controller
import Engine
import Foundation
import Synchronization

/// The end of a lab and of this process, on Ctrl-C and other signals that ask for it.
enum EmergencyStop {
  private static let isUnderWay = Mutex(false)
  /// Held while files are laid out, and for ever once they are taken away.
  private static let layout = Mutex(())

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
      layout.withLock { _ in
        PrivateFolder.removeAll()
        Foundation.exit(ExitStatus.interrupted)
      }
    }
  }

  /// Lays files out: nobody takes them away meanwhile, for what is removed while it grows is not gone. Never returns
  /// where everything is being stopped.
  static func whole(_ body: () throws -> Void) rethrows {
    defer { while isUnderWay.withLock({ $0 }) { pause() } }
    try layout.withLock { _ in try body() }
  }

  /// Returns at once, or never where everything is being stopped: a command whose lab is taken away meanwhile has
  /// neither a result nor an error to tell.
  static func yield() async {
    guard isUnderWay.withLock({ $0 }) else { return }
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }
}
