import Foundation

/// What this machine has left for labs.
public enum MachineRoom {
  /// What is free of a disk.
  public struct Disk: Equatable, Sendable {
    /// Free bytes.
    public var bytes = 0
    /// Files that can still be made.
    public var files = 0

    /// Says what is free.
    public init(bytes: Int = 0, files: Int = 0) {
      self.bytes = bytes
      self.files = files
    }
  }

  /// Bytes of memory that can be had without swapping (`MemAvailable`, proc(5)).
  public static var memory: Int { kilobytes("MemAvailable") * 1024 }

  /// A line of /proc/meminfo by its name; 0 where it is not there.
  public static func kilobytes(_ name: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }

  /// A path that is not there stands for the folder that it would be in.
  public static func disk(of path: String) -> Disk {
    var info = statvfs()
    guard nearest(path, where: { statvfs($0, &info) == 0 }) else { return Disk() }
    return Disk(bytes: Int(info.f_bavail) * Int(info.f_frsize), files: Int(info.f_favail))
  }

  /// Whether a path, or the folder that it would be in, is on ext4 without a journal.
  ///
  /// Such a file system passes over every inode that was freed in the last minutes, one by one, for each new file
  /// (`recently_deleted` in the kernel's fs/ext4/ialloc.c). A lab makes and removes thousands: the same lab starts in
  /// 1 s there at first, and in 4 s when some were stopped before it.
  ///
  /// - Parameter system: where sysfs is.
  public static func lacksJournal(_ path: String, system: String = "/sys") -> Bool {
    var info = stat()
    guard nearest(path, where: { stat($0, &info) == 0 }) else { return false }
    // The bits of both numbers as makedev(3) puts them together.
    let number = UInt64(info.st_dev)
    let major = (number >> 8 & 0xfff) | (number >> 32 & ~0xfff)
    let minor = (number & 0xff) | (number >> 12 & ~0xff)
    return lacksJournal(device: "\(major):\(minor)", system: system)
  }

  /// The same of a block device by its numbers: `254:0`.
  static func lacksJournal(device: String, system: String) -> Bool {
    guard let disk = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(system)/dev/block/\(device)") else {
      return false
    }
    let task = "\(system)/fs/ext4/\((disk as NSString).lastPathComponent)/journal_task"
    return (try? String(contentsOfFile: task, encoding: .utf8))?.hasPrefix("<none>") ?? false
  }

  /// Whether `look` can see the path, or the first of the folders above it that is there.
  private static func nearest(_ path: String, where look: (String) -> Bool) -> Bool {
    var path = path
    while !look(path) {
      guard path != "/", !path.isEmpty else { return false }
      path = (path as NSString).deletingLastPathComponent
    }
    return true
  }
}
