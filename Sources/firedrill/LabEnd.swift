import Engine
import Foundation
import Verification

/// The end of a lab that may not want to end.
enum LabEnd {
  /// What a node gets to end, whatever its `stop_grace_period`.
  private static let grace = 5.0

  /// Ends the lab within half a minute: by its guardian, or else every process below the guardian, and the guardian.
  ///
  /// - Parameter mayBegin: whether the guardian may be about to open its socket.
  static func end(_ run: RunDirectory, mayBegin: Bool = false) async {
    let beginning = ContinuousClock.now + .seconds(2)
    repeat {
      if let guardian = try? GuardianClient.connect(run) {
        if (try? await guardian.shutdown(within: grace, timeout: .seconds(15))) != nil { return }
        break
      }
      try? await Task.sleep(for: .milliseconds(20))
    } while mayBegin && ContinuousClock.now < beginning
    if run.isAlive, let guardian = run.guardianPID {
      ProcessTree.end(guardian)
      let deadline = ContinuousClock.now + .seconds(5)
      while run.isAlive, ContinuousClock.now < deadline { usleep(50_000) }
    }
    RunDirectory.sweep()
  }
}
