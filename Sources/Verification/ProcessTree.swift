import Foundation

/// Processes and everything that descends from them.
public enum ProcessTree {
  struct Usage: Equatable {
    var tasks = 0
    var memoryBytes = 0
  }

  private struct Entry {
    var parent: Int32
    var tasks: Int
    var isZombie: Bool
  }

  static func usage(below roots: [Int32]) -> Usage {
    var usage = Usage()
    for (pid, entry) in entries(from: roots) {
      usage.tasks += entry.tasks
      usage.memoryBytes += ownMemory(of: pid)
    }
    return usage
  }

  /// Bytes of memory without a file's, pages that several processes have in equal parts (`Pss_Anon`, proc(5)).
  static func sharedFairly(below roots: [Int32]) -> Int {
    entries(from: roots).reduce(0) { total, found in
      let text = (try? String(contentsOfFile: "/proc/\(found.pid)/smaps_rollup", encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("Pss_Anon:") }
      // An older kernel does not tell: then each counts them.
      guard let line else { return total + ownMemory(of: found.pid) }
      return total + (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
  }

  /// Ends a process that restarts its children, and all below it: it is stopped, they are killed, then it is.
  ///
  /// Bounded: what can't be killed within a second stays.
  public static func end(_ root: Int32) {
    kill(root, SIGSTOP)
    for _ in 0..<50 {
      let alive = entries(from: [root]).filter { $0.pid != root && !$0.entry.isZombie }
      if alive.isEmpty { break }
      for found in alive { kill(found.pid, SIGKILL) }
      usleep(20_000)
    }
    kill(root, SIGKILL)
  }

  static func pids(below root: Int32) -> [Int32] { entries(from: [root]).map(\.pid).filter { $0 != root } }

  private static func entries(from roots: [Int32]) -> [(pid: Int32, entry: Entry)] {
    var children: [Int32: [Int32]] = [:]
    var entries: [Int32: Entry] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(name), let entry = entry(of: pid) else { continue }
      entries[pid] = entry
      children[entry.parent, default: []].append(pid)
    }
    var found: [(pid: Int32, entry: Entry)] = []
    var open = roots
    while let pid = open.popLast() {
      guard let entry = entries.removeValue(forKey: pid) else { continue }
      found.append((pid, entry))
      open += children[pid] ?? []
    }
    return found
  }

  /// Parent and number of threads, from `stat` (proc(5)): what stands after the name, which may hold anything.
  private static func entry(of pid: Int32) -> Entry? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 17, let parent = Int32(fields[1]), let tasks = Int(fields[17]) else { return nil }
    return Entry(parent: parent, tasks: tasks, isZombie: fields[0] == "Z")
  }

  /// Resident pages that are not shared.
  private static func ownMemory(of pid: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)) ?? ""
    let fields = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    return fields.count > 2 ? max(0, fields[1] - fields[2]) * Int(getpagesize()) : 0
  }
}
