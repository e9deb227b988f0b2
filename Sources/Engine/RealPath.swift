import Foundation

/// Paths without links and dots, as the kernel sees them.
enum RealPath {
  /// The path that `path` leads to; nil where there is nothing.
  static func of(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether something is there, and it is `folder` or in it.
  static func isInside(_ path: String, _ folder: String) -> Bool {
    guard let path = of(path), let folder = of(folder) else { return false }
    return path == folder || path.hasPrefix(folder == "/" ? folder : folder + "/")
  }
}

/// Files of a folder that somebody else may have made.
public enum PlainFile {
  /// Opens what a path below `folder` names, for reading and without waiting for a pipe: no part of it may be a link,
  /// nor become one meanwhile.
  ///
  /// - Returns: a descriptor, or -1 (`errno` says why: ELOOP or ENOTDIR for a link).
  public static func open(_ name: String, below folder: String) -> Int32 {
    var parts = name.split(separator: "/").map(String.init)
    guard let last = parts.popLast(), !parts.contains(".."), last != ".." else {
      errno = EXDEV
      return -1
    }
    var place = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    for part in parts where place >= 0 {
      let next = openat(place, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      close(place)
      place = next
    }
    guard place >= 0 else { return -1 }
    defer { close(place) }
    return openat(place, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
  }

  /// The content of a plain file in `folder`; nil for links, pipes, and what leads out of it.
  static func contents(_ path: String, inside folder: String) -> Data? {
    guard RealPath.isInside(path, folder) else { return nil }
    let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    // None at all is an empty file.
    return try? handle.readToEnd() ?? Data()
  }

  /// The text of a small plain file that a path below `folder` names, see `open(_:below:)`; nil for anything else, for
  /// one that is larger, and for what is not UTF-8.
  public static func text(_ name: String, below folder: String, atMost limit: Int) -> String? {
    let descriptor = open(name, below: folder)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size <= limit,
      let data = try? handle.read(upToCount: limit) ?? Data()
    else { return nil }
    return String(data: data, encoding: .utf8)
  }
}
