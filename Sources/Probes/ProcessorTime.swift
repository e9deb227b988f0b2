#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// How much processor time some processes have used, all together: by this a lab that makes itself wait can be told
/// from one that others keep waiting.
public enum ProcessorTime {
  /// What `roots` and all that descends from them have used since they began, with those of their children that ended
  /// and were waited for: fields 14 to 17 of `/proc/PID/stat` (proc_pid_stat(5)), in steps of 10 ms. It falls when one
  /// of the roots goes.
  public static func total(of roots: Set<Int32>) -> Duration {
    var parents: [Int32: Int32] = [:]
    var ticks: [Int32: Int64] = [:]
    for pid in ProcFile.names(in: "/proc").compactMap({ Int32($0) }) {
      guard let stat = ProcFile.text("/proc/\(pid)/stat"), let line = Line(stat) else { continue }
      parents[pid] = line.parent
      ticks[pid] = line.ticks
    }
    var known: [Int32: Bool] = [:]
    func isOurs(_ pid: Int32, _ depth: Int = 0) -> Bool {
      if let answer = known[pid] { return answer }
      // Bounded, for the table changes while it is read.
      let answer = roots.contains(pid) || depth < 64 && parents[pid].map { isOurs($0, depth + 1) } ?? false
      known[pid] = answer
      return answer
    }
    let sum = ticks.reduce(0) { $0 + (isOurs($1.key) ? $1.value : 0) }
    return .seconds(sum) / Int(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }

  /// What matters here of such a file.
  struct Line {
    let parent: Int32
    /// Its own time, and that of children that were waited for, in the system's and in the user's part.
    let ticks: Int64

    init?(_ text: String) {
      // The name stands in parentheses and may hold anything; the fields after it are numbers.
      guard let end = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
      let fields = text.utf8[text.utf8.index(after: end)...].split(separator: UInt8(ascii: " "))
      guard fields.count > 14, let parent = Int32(String(fields[1]) ?? "") else { return nil }
      self.parent = parent
      ticks = fields[11...14].reduce(0) { $0 + (Int64(String($1) ?? "") ?? 0) }
    }
  }
}
