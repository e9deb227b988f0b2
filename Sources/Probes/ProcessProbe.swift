#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Looks at processes through /proc: what the engine says about its nodes is verified here.
public enum ProcessProbe {
  /// A process as /proc shows it.
  public struct Info: Sendable, Equatable {
    /// The process id.
    public var pid: Int32
    /// The id of its parent.
    public var parent: Int32
    /// When it started, in clock ticks since boot (field 22 of `stat`).
    public var startTicks: UInt64
    /// True for a process that has ended but was not waited for.
    public var isZombie: Bool
    /// True for a process that a signal has stopped.
    public var isStopped: Bool
  }

  /// What /proc says about `pid`; `nil` when there is no such process.
  public static func info(of pid: Int32) -> Info? {
    guard let stat = text("/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    // The name stands in parentheses and may hold anything; the fields after it are numbers.
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let parent = Int32(fields[1]), let start = UInt64(fields[19]) else { return nil }
    return Info(pid: pid, parent: parent, startTicks: start, isZombie: fields[0] == "Z", isStopped: fields[0] == "T")
  }

  /// Whether `pid` runs.
  public static func isAlive(_ pid: Int32) -> Bool { info(of: pid).map { !$0.isZombie } ?? false }

  /// The present in clock ticks since boot: comparable with `Info.startTicks`.
  public static func nowTicks() -> UInt64 {
    guard let seconds = text("/proc/uptime")?.split(separator: " ").first.flatMap({ Double($0) }) else { return 0 }
    return UInt64(seconds * Double(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// The memory of `pid` in bytes, shared pages counted by share (PSS); `nil` when it can't be read.
  public static func proportionalBytes(of pid: Int32) -> Int? {
    guard let rollup = text("/proc/\(pid)/smaps_rollup") else { return nil }
    for line in rollup.split(separator: "\n") where line.hasPrefix("Pss:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }

  /// The processes that listen on each `address:port` (IPv4).
  ///
  /// - Parameter owners: the process that is expected at each address: it is looked at first, and all others only for
  ///   addresses where it does not listen. An address whose listener can't be found (another user's process) is
  ///   missing.
  public static func listeners(on owners: [String: Int32]) -> [String: Set<Int32>] {
    var wanted: [UInt64: String] = [:]
    for row in TCPTable.rows(seenBy: owners.values) where row.state == TCPTable.listen && owners[row.local] != nil {
      wanted[row.inode] = row.local
    }
    var found: [String: Set<Int32>] = [:]
    func look(at pid: Int32) {
      for inode in socketInodes(of: pid) {
        if let authority = wanted[inode] { found[authority, default: []].insert(pid) }
      }
    }
    for pid in Set(owners.values) { look(at: pid) }
    if wanted.values.contains(where: { found[$0] == nil }) { processes().forEach(look) }
    return found
  }

  /// The name of the process among `pids` (by name) that holds the end `local` (`address:port`, IPv4) of an established
  /// connection; `nil` when none of them does.
  public static func owner(of local: String, among pids: [String: Int32]) -> String? {
    let rows = TCPTable.rows(seenBy: pids.values)
    guard let row = rows.first(where: { $0.local == local && $0.state == TCPTable.established }) else { return nil }
    return pids.sorted { $0.key < $1.key }.first { socketInodes(of: $0.value).contains(row.inode) }?.key
  }

  /// How many connections to `authority` (`address:port`, IPv4) are established, from the networks of `clients`.
  public static func connections(to authority: String, from clients: [Int32]) -> Int {
    TCPTable.rows(seenBy: clients).count { $0.state == TCPTable.established && $0.remote == authority }
  }

  /// The file name of the program that `pid` runs; `nil` when it can't be read.
  public static func program(of pid: Int32) -> String? {
    ProcFile.link("/proc/\(pid)/exe")?.split(separator: "/").last.map(String.init)
  }

  /// Whether `pid` is `ancestor` or descends from it.
  public static func descends(_ pid: Int32, from ancestor: Int32) -> Bool {
    var current = pid
    // Bounded, for the table may change under us.
    for _ in 0..<64 {
      if current == ancestor { return true }
      guard current > 1, let info = info(of: current) else { return false }
      current = info.parent
    }
    return false
  }

  /// `pid` and everything that descends from it.
  public static func family(of pid: Int32) -> [Int32] { processes().filter { descends($0, from: pid) } }

  /// The same for several, in one look at all processes.
  public static func families(of roots: Set<Int32>) -> [Int32] {
    var parents: [Int32: Int32] = [:]
    for pid in processes() { parents[pid] = info(of: pid)?.parent }
    var known = Dictionary(uniqueKeysWithValues: roots.map { ($0, true) })
    func belongs(_ pid: Int32, _ depth: Int) -> Bool {
      if let answer = known[pid] { return answer }
      // Bounded, for the table changes while it is read.
      let answer = depth < 64 && parents[pid].map { belongs($0, depth + 1) } ?? false
      known[pid] = answer
      return answer
    }
    return parents.keys.filter { belongs($0, 0) }.sorted()
  }

  /// The command line of `pid`, its words apart by spaces; empty when it can't be read.
  public static func commandLine(of pid: Int32) -> String {
    (text("/proc/\(pid)/cmdline") ?? "").replacing("\0", with: " ")
  }

  private static func processes() -> [Int32] { ProcFile.names(in: "/proc").compactMap { Int32($0) } }

  private static func socketInodes(of pid: Int32) -> [UInt64] {
    let folder = "/proc/\(pid)/fd"
    return ProcFile.names(in: folder).compactMap { name in
      guard let target = ProcFile.link("\(folder)/\(name)"), target.hasPrefix("socket:[") else { return nil }
      return UInt64(target.dropFirst("socket:[".count).dropLast())
    }
  }

  static func text(_ path: String) -> String? { ProcFile.text(path) }
}
