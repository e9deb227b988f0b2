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
    var path = path
    while statvfs(path, &info) != 0 {
      guard path != "/", !path.isEmpty else { return Disk() }
      path = (path as NSString).deletingLastPathComponent
    }
    return Disk(bytes: Int(info.f_bavail) * Int(info.f_frsize), files: Int(info.f_favail))
  }
}
