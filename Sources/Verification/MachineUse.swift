import Foundation

/// What a machine has in use, whoever uses it.
struct MachineUse: Equatable {
  struct Disk: Equatable {
    /// Free bytes.
    var bytes = 0
    /// Files that can still be made.
    var files = 0
  }

  /// Bytes of files in memory and of shared memory (`Shmem`, proc(5)): what is in a tmpfs, with a name or without.
  var filesInMemory = 0
  /// Of each path that was asked for.
  var disks: [Disk] = []

  /// As it is now; a path that is not there stands for the folder that it would be in.
  static func now(_ paths: [String]) -> MachineUse {
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("Shmem:") }
    let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return MachineUse(filesInMemory: kilobytes * 1024, disks: paths.map(disk))
  }

  private static func disk(of path: String) -> Disk {
    var info = statvfs()
    var path = path
    while statvfs(path, &info) != 0 {
      guard path != "/", !path.isEmpty else { return Disk() }
      path = (path as NSString).deletingLastPathComponent
    }
    return Disk(bytes: Int(info.f_bavail) * Int(info.f_frsize), files: Int(info.f_favail))
  }
}
