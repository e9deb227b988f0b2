import NIOPosix

#if canImport(Glibc)
  import Glibc
#endif

/// How long the machine lets somebody wait who needs next to nothing of it: a processor for a moment, and one small
/// write to the disk. By this a shop that is slow can be told from a machine that stands still, or is crowded.
public struct MachineStall: Sendable {
  /// What one look saw.
  public struct Look: Sendable {
    /// How much longer than its pause and its work the look took.
    public var stall: Duration
    /// How many times as long as on a processor of its own a piece of work took: 1 on an idle machine.
    public var slowness: Double
  }

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

  /// One look: pauses, writes, waits until the disk has it, and works for 5 ms.
  public func look() async -> Look {
    let begin = ContinuousClock.now
    try? await Task.sleep(for: Self.pause)
    let file = file
    // Not on a thread that others wait for: the disk may take seconds.
    let worked = try? await NIOThreadPool.singleton.runIfActive {
      var byte: UInt8 = 0
      _ = pwrite(file, &byte, 1, 0)
      fdatasync(file)
      return Self.timeOfWork()
    }
    let took = worked ?? .zero
    return Look(stall: ContinuousClock.now - begin - Self.pause - took, slowness: max(1, took / Self.work))
  }

  /// Processor time of the work of a look: longer than the system lets one go on where others want to.
  private static let work: Duration = .milliseconds(5)

  /// Uses that much processor time.
  ///
  /// - Returns: how long it took.
  private static func timeOfWork() -> Duration {
    let begin = ContinuousClock.now
    let end = used() + work
    while used() < end {}
    return ContinuousClock.now - begin
  }

  /// Processor time of this thread.
  private static func used() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
