public import Engine
import Foundation

/// What a lab that nobody has looked at may use of this machine.
public struct LabBounds: Sendable {
  /// What is used too much.
  public struct Excess: Error, Sendable, Equatable, CustomStringConvertible {
    /// `too_many_processes`, `too_much_memory` or `too_much_disk`.
    public var reason: String
    /// In words.
    public var description: String
  }

  /// Processes and threads. (200 instances beside their databases have about 2,000.)
  public var tasks = 6_000
  /// Bytes of memory that its processes share with nobody.
  public var memoryBytes = 4 << 30
  /// Bytes of its volumes, logs and files.
  public var diskBytes = 4 << 30

  /// The bounds of `firedrill verify`.
  public init() {}

  /// Looks once a second until something is too much, and then throws it; ends when its task is cancelled.
  public func watch(_ run: RunDirectory, lab: LabFolder) async throws {
    while !Task.isCancelled {
      if let excess = excess(below: run.guardianPID, folders: [run.volumes, lab.path]) { throw excess }
      try await Task.sleep(for: .seconds(1))
    }
  }

  /// What is too much now, if anything.
  func excess(below root: Int32?, folders: [String]) -> Excess? {
    let used = root.map { ProcessTree.usage(below: $0) } ?? ProcessTree.Usage()
    if used.tasks > tasks {
      return Excess(reason: "too_many_processes", description: "\(used.tasks) processes and threads, at most \(tasks)")
    }
    if used.memoryBytes > memoryBytes {
      return Excess(
        reason: "too_much_memory", description: "\(used.memoryBytes >> 20) MB of memory, at most \(memoryBytes >> 20)")
    }
    let disk = folders.reduce(0) { $0 + Self.bytes(in: $1) }
    if disk > diskBytes {
      return Excess(reason: "too_much_disk", description: "\(disk >> 20) MB of disk, at most \(diskBytes >> 20)")
    }
    return nil
  }

  /// What the files below a folder take on the disk.
  static func bytes(in folder: String) -> Int {
    var total = 0
    let all = FileManager.default.enumerator(atPath: folder)
    while let name = all?.nextObject() as? String {
      var info = stat()
      if lstat("\(folder)/\(name)", &info) == 0 { total += Int(info.st_blocks) * 512 }
    }
    return total
  }
}

/// What a process and everything that descends from it uses.
enum ProcessTree {
  struct Usage: Equatable {
    var tasks = 0
    var memoryBytes = 0
  }

  private struct Entry {
    var parent: Int32
    var tasks: Int
  }

  static func usage(below root: Int32) -> Usage {
    var children: [Int32: [Int32]] = [:]
    var entries: [Int32: Entry] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(name), let entry = entry(of: pid) else { continue }
      entries[pid] = entry
      children[entry.parent, default: []].append(pid)
    }
    var usage = Usage()
    var open = [root]
    while let pid = open.popLast() {
      guard let entry = entries[pid] else { continue }
      usage.tasks += entry.tasks
      usage.memoryBytes += ownMemory(of: pid)
      open += children[pid] ?? []
    }
    return usage
  }

  /// Parent and number of threads, from `stat` (proc(5)): what stands after the name, which may hold anything.
  private static func entry(of pid: Int32) -> Entry? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 17, let parent = Int32(fields[1]), let tasks = Int(fields[17]) else { return nil }
    return Entry(parent: parent, tasks: tasks)
  }

  /// Resident pages that are not shared.
  private static func ownMemory(of pid: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)) ?? ""
    let fields = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    return fields.count > 2 ? max(0, fields[1] - fields[2]) * Int(getpagesize()) : 0
  }
}
