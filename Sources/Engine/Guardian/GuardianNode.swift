import CPlatform
import Foundation

/// One node in the guardian's hands. Times are seconds on the guardian's monotonic clock.
final class GuardianNode {
  var spec: SpawnSpec
  var pid: Int32?
  /// Ended on request: the restart policy does not apply.
  var stopped = false
  var frozen = false
  var restarts = 0
  /// Ends in a row that came soon after the start; a run of 10 s clears it.
  var quickEnds = 0
  var startedAt: Double?
  var startedClock = 0.0
  var exit: String?
  var killAt: Double?
  var respawnAt: Double?
  var forget = false
  /// Called when the node has ended.
  var onEnd: [() -> Void] = []

  init(spec: SpawnSpec) { self.spec = spec }

  var record: NodeRecord {
    NodeRecord(
      spec: spec, pid: pid, stopped: stopped, frozen: frozen, restarts: restarts, startedAt: startedAt, exit: exit,
      gone: forget && pid == nil)
  }

  /// Sends a signal to the node's first process.
  func signal(_ number: Int32) {
    if let pid { _ = Glibc.kill(pid, number) }
  }

  /// Sends a signal to every process of the node: all that share its pid namespace.
  ///
  /// Repeats until a look finds nobody new, since processes may fork between looks.
  func signalAll(_ number: Int32) {
    guard let pid, let space = Self.pidNamespace(of: "\(pid)") else { return }
    signal(number)
    var reached: Set<Int32> = [pid]
    for _ in 0..<8 {
      var found = false
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
        guard let other = Int32(name), !reached.contains(other), Self.pidNamespace(of: name) == space else { continue }
        _ = Glibc.kill(other, number)
        reached.insert(other)
        found = true
      }
      if !found { return }
    }
  }

  private static func pidNamespace(of process: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/pid")
  }
}
