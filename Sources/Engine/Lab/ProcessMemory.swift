import Foundation

/// Memory of nodes as the kernel accounts for it.
public enum ProcessMemory {
  /// Proportional set size of a process and its descendants, in bytes; shared pages count in parts. 0 when it is gone.
  public static func proportionalBytes(ofNamespaceOf pid: Int32) -> Int {
    var total = 0
    var pending = [pid]
    while let next = pending.popLast() {
      total += proportionalBytes(of: next)
      let path = "/proc/\(next)/task/\(next)/children"
      let children = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      pending += children.split(separator: " ").compactMap { Int32($0) }
    }
    return total
  }

  private static func proportionalBytes(of pid: Int32) -> Int {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8) else { return 0 }
    for line in text.split(separator: "\n") where line.hasPrefix("Pss:") {
      return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
    return 0
  }
}
