#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How long processes were ready to run and had no processor: by this a busy machine can be told from an idle program.
public enum ProcessorWait {
  /// The time that all threads of a process waited for a processor since they began, in nanoseconds: the second number
  /// of `/proc/PID/task/TID/schedstat` (Linux, Documentation/scheduler/sched-stats). 0 where it can't be read.
  public static func total(of pid: Int32) -> Int64 {
    let folder = "/proc/\(pid)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return threads.reduce(0) { sum, thread in
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(thread)/schedstat") else { return sum }
      return sum + waited(String(decoding: data, as: UTF8.self))
    }
  }

  /// The second number of such a file.
  static func waited(_ text: String) -> Int64 {
    let fields = text.split(whereSeparator: \.isWhitespace)
    return fields.count > 1 ? Int64(fields[1]) ?? 0 : 0
  }
}
