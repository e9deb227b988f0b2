/// What some processes and all that descends from them had of the processors up to a moment: by this a lab that makes
/// itself wait can be told from one that others keep waiting.
public struct ProcessorUse: Sendable, Equatable {
  /// What threads had, all together.
  public struct Share: Sendable, Equatable {
    /// They ran, in nanoseconds.
    public var run: Int64
    /// They were ready to run and others ran, in nanoseconds.
    public var wait: Int64

    /// A share.
    public init(run: Int64, wait: Int64) {
      self.run = run
      self.wait = wait
    }
  }

  /// By thread.
  var threads: [Int32: Share]

  /// The threads of `roots` and of what descends from them, from `/proc/PID/task/TID/schedstat` (Linux,
  /// Documentation/scheduler/sched-stats). None where the roots can't be seen.
  public static func now(of roots: Set<Int32>) -> ProcessorUse {
    var threads: [Int32: Share] = [:]
    for pid in ProcessProbe.families(of: roots) {
      for name in ProcFile.names(in: "/proc/\(pid)/task") {
        guard let thread = Int32(name) else { continue }
        threads[thread] = ProcFile.text("/proc/\(pid)/task/\(name)/schedstat").flatMap(share)
      }
    }
    return ProcessorUse(threads: threads)
  }

  /// Whether there are none.
  public var isEmpty: Bool { threads.isEmpty }

  /// What they had since then. What a thread had that has ended meanwhile is not known.
  public func since(_ before: ProcessorUse) -> Share {
    threads.reduce(into: Share(run: 0, wait: 0)) { sum, thread in
      let past = before.threads[thread.key] ?? Share(run: 0, wait: 0)
      // The number of one that has ended may be another's.
      let isNew = past.run > thread.value.run || past.wait > thread.value.wait
      sum.run += thread.value.run - (isNew ? 0 : past.run)
      sum.wait += thread.value.wait - (isNew ? 0 : past.wait)
    }
  }

  /// The first two numbers of such a file.
  static func share(_ text: String) -> Share? {
    let fields = text.split(whereSeparator: \.isWhitespace)
    guard fields.count > 1, let run = Int64(fields[0]), let wait = Int64(fields[1]) else { return nil }
    return Share(run: run, wait: wait)
  }
}
