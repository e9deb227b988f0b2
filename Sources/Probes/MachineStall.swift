import NIOPosix

#if canImport(Glibc)
  import Glibc
#endif

/// How long the machine lets somebody wait who needs next to nothing of it: a processor for a moment, and one small
/// write to the disk. By this a shop that is slow can be told from a machine that stands still.
public struct MachineStall: Sendable {
  /// Between two looks.
  public static let pause: Duration = .milliseconds(200)
  /// What takes less is no stall: the disk's usual latency and the scheduler's.
  public static let shortest: Duration = .milliseconds(250)

  private let file: Int32

  /// - Parameter folder: a folder on the disk in question. The file there has a name for a moment only.
  /// - Returns: nil when no file can be made there.
  public init?(folder: String) {
    let path = "\(folder)/machine-\(UInt64.random(in: 0...UInt64.max))"
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return nil }
    unlink(path)
  }

  /// Closes the file; no look may be under way.
  public func end() { close(file) }

  /// One look: pauses, writes, and waits until the disk has it.
  ///
  /// - Returns: how much longer than the pause it took.
  public func look() async -> Duration {
    let begin = ContinuousClock.now
    try? await Task.sleep(for: Self.pause)
    let file = file
    // Not on a thread that others wait for: the disk may take seconds.
    try? await NIOThreadPool.singleton.runIfActive {
      var byte: UInt8 = 0
      _ = pwrite(file, &byte, 1, 0)
      fdatasync(file)
    }
    return ContinuousClock.now - begin - Self.pause
  }
}
