import CPlatform
import Foundation

/// One node in the guardian's hands. Times are seconds on the guardian's monotonic clock.
final class GuardianNode {
  var spec: SpawnSpec
  var pid: Int32?
  /// Ordered to start, and not heard of yet.
  var isStarting = false
  /// Its process has ended, and what it was in is being taken away.
  var isLeaving = false
  /// Ended on request: the restart policy does not apply, nor what was ordered before.
  var stopped = false {
    didSet { if stopped { startsAfterwards = false } }
  }
  /// Ordered to start once it has ended.
  var startsAfterwards = false
  var frozen = false
  var restarts = 0
  /// Ends in a row that came soon after the start; a run of 10 s clears it.
  var quickEnds = 0
  var startedAt: Double?
  var startedClock = 0.0
  var exit: String?
  var killAt: Double?
  var respawnAt: Double?
  /// When it is to be told again to end.
  var askAgainAt: Double?
  var forget = false
  /// Called when the node has ended.
  var onEnd: [() -> Void] = []

  init(spec: SpawnSpec) { self.spec = spec }

  func record(revision: Int) -> NodeRecord {
    NodeRecord(
      spec: spec, pid: pid, stopped: stopped, frozen: frozen, restarts: restarts, startedAt: startedAt, exit: exit,
      gone: forget && pid == nil, revision: revision)
  }

  /// Neither runs nor is about to, and can be started.
  var isDown: Bool { pid == nil && !isStarting && !isLeaving }

  /// Sends a signal to the node's first process.
  func signal(_ number: Int32) {
    if let pid { _ = Glibc.kill(pid, number) }
  }

  /// Whether a signal to the node's first process would be lost: the kernel drops what the first process of a pid
  /// namespace neither handles nor blocks (pid_namespaces(7)), which is so for a while after each start.
  func isDeaf(to number: Int32) -> Bool {
    guard let pid, let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return false }
    return Self.isDeaf(to: number, status: text)
  }

  /// - Parameter status: what `/proc/PID/status` says.
  static func isDeaf(to number: Int32, status: String) -> Bool {
    for line in status.split(separator: "\n") where line.hasPrefix("SigCgt:") || line.hasPrefix("SigBlk:") {
      let mask = line.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) } ?? 0
      if mask & (1 << UInt64(number - 1)) != 0 { return false }
    }
    return true
  }

  /// Sends a signal to every process of the node: all descend from its first one, which orphans of its pid namespace
  /// fall to.
  ///
  /// Repeats until a look finds nobody new, since processes may fork between looks.
  func signalAll(_ number: Int32) {
    guard let pid else { return }
    signal(number)
    var reached: Set<Int32> = [pid]
    for _ in 0..<8 {
      let found = Self.descendants(of: pid).subtracting(reached)
      if found.isEmpty { return }
      for other in found { _ = Glibc.kill(other, number) }
      reached.formUnion(found)
    }
  }

  /// Freezes the processes of the node whose command line holds `title`, for instance `walreceiver`.
  ///
  /// - Returns: how many.
  func freeze(_ title: String) -> Int {
    guard let pid else { return 0 }
    let found = Self.descendants(of: pid).filter { process in
      let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
      return line.replacing("\0", with: " ").contains(title)
    }
    for process in found { _ = Glibc.kill(process, SIGSTOP) }
    return found.count
  }

  private static func descendants(of pid: Int32) -> Set<Int32> {
    var all: Set<Int32> = []
    var open = [pid]
    while let next = open.popLast() {
      let tasks = "/proc/\(next)/task"
      for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
        guard let text = try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8) else { continue }
        open += text.split(separator: " ").compactMap { Int32($0) }.filter { all.insert($0).inserted }
      }
    }
    return all
  }
}
