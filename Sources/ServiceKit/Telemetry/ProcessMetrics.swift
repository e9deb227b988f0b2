import Glibc

/// What the operating system knows about this process, in Prometheus' own names for it.
enum ProcessMetrics {
  /// Lines to append to an exposition: resident memory, CPU seconds, open descriptors.
  static func exposition() -> String {
    var text = ""
    if let memory = FileText.read("/proc/self/statm")?.split(separator: " "), memory.count > 1,
      let pages = Int(memory[1])
    {
      append("process_resident_memory_bytes", "gauge", "Memory of this process in RAM.", String(pages * 4096), &text)
    }
    var usage = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
      let total = PrometheusText.number(Double(seconds) + Double(micros) / 1e6)
      append("process_cpu_seconds_total", "counter", "CPU time this process has used.", total, &text)
    }
    return text
  }

  private static func append(_ name: String, _ type: String, _ help: String, _ value: String, _ text: inout String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
  }
}
