import Foundation

/// The file that a node's standard output and error go to.
enum NodeLog {
  /// Opens it for appending, made where it is not there; the caller closes it.
  ///
  /// The lab's folder may be somebody else's work: no link is followed, and nothing waits for a pipe's reader.
  static func descriptor(_ path: String) throws -> Int32 {
    let log = open(path, O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
    guard log >= 0 else { throw EngineError.system("cannot open \(path)") }
    var info = stat()
    guard fstat(log, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      close(log)
      throw EngineError("cannot write \(path): it is no plain file")
    }
    return log
  }

  /// Makes it ready for a node that opens it by itself.
  static func open(_ path: String, owner: SpawnSpec.User?) throws {
    let log = try descriptor(path)
    defer { close(log) }
    // By its group: whose file it were could keep others from opening it (fcntl(2), leases).
    guard let owner else { return }
    guard fchown(log, getuid(), owner.gid) == 0, fchmod(log, 0o664) == 0 else {
      throw EngineError.system("cannot give away \(path)")
    }
  }

  private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { Glibc.open(path, flags, mode) }
}
