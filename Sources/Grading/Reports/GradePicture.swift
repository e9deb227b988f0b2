public import DrillCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// How the users fared while a grade went on, as SVG: seconds from left to right, the trials as bands.
public enum GradePicture {
  private static let width = 960.0
  private static let height = 260.0
  private static let left = 64.0
  private static let right = 16.0
  private static let top = 28.0
  private static let bottom = 32.0
  /// Milliseconds at the lower and the upper edge of the picture of latencies.
  private static let scale = (least: 1.0, most: 10_000.0)

  /// The median and the 99th percentile of each second's answered requests, in milliseconds on a logarithmic scale.
  public static func latency(_ history: History) -> String {
    let seconds = Seconds(history)
    var body = frame("latency from the scheduled time, ms (p50, p99)", seconds)
    for value in [1.0, 10, 100, 1_000, 10_000] { body += line(at: y(milliseconds: value), label: "\(Int(value))") }
    for (share, colour) in [(0.5, "#2563eb"), (0.99, "#d97706")] {
      let points = seconds.buckets.enumerated().compactMap { second, bucket -> String? in
        guard let value = bucket.percentile(share) else { return nil }
        return "\(rounded(x(second, seconds))),\(rounded(y(milliseconds: value)))"
      }
      body += "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\" "
      body += "points=\"\(points.joined(separator: " "))\"/>\n"
    }
    return document(body)
  }

  /// The share of each second's requests that got no good answer, in percent.
  public static func errors(_ history: History) -> String {
    let seconds = Seconds(history)
    var body = frame("requests without a good answer, %", seconds)
    for value in [0, 25, 50, 75, 100] { body += line(at: y(share: Double(value) / 100), label: "\(value)") }
    let step = (width - left - right) / Double(max(1, seconds.buckets.count))
    for (second, bucket) in seconds.buckets.enumerated() where bucket.bad > 0 {
      let share = Double(bucket.bad) / Double(bucket.count)
      body += "<rect x=\"\(rounded(x(second, seconds)))\" y=\"\(rounded(y(share: share)))\" "
      body += "width=\"\(rounded(max(1, step * 0.9)))\" "
      body += "height=\"\(rounded(y(share: 0) - y(share: share)))\" fill=\"#dc2626\"/>\n"
    }
    return document(body)
  }

  /// What became of the requests that were due in each second.
  struct Seconds {
    struct Bucket {
      var latencies: [Double] = []
      var count = 0
      var bad = 0

      func percentile(_ share: Double) -> Double? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        return sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
      }

      init() {}

      /// Several seconds as one.
      init(of others: some Sequence<Bucket>) {
        for other in others {
          latencies += other.latencies
          count += other.count
          bad += other.bad
        }
      }
    }
    var buckets: [Bucket] = []
    /// Trials, by the seconds of their begin and end.
    var trials: [(name: String, from: Double, to: Double)] = []

    init(_ history: History) {
      let end = history.events.map(\.at).max() ?? 0
      buckets = Array(repeating: Bucket(), count: Int(max(0, end) / 1_000_000_000) + 1)
      for request in history.requests {
        let second = Int(request.scheduled / 1_000_000_000)
        guard buckets.indices.contains(second) else { continue }
        buckets[second].count += 1
        if request.outcome != .ok { buckets[second].bad += 1 }
        if request.status != nil, let latency = request.latency {
          buckets[second].latencies.append(Double(latency) / 1_000_000)
        }
      }
      for event in history.events {
        // A trial's name has no dot; its parts have.
        guard case .phase(let phase) = event.kind, phase.mark == .begin, !phase.name.contains("."),
          let span = history.span(of: phase.name)
        else { continue }
        trials.append((phase.name, Double(span.lowerBound) / 1e9, Double(span.upperBound) / 1e9))
      }
    }
  }

  // MARK: Drawing

  private static func x(_ second: Int, _ seconds: Seconds) -> Double { x(Double(second), seconds) }

  private static func x(_ second: Double, _ seconds: Seconds) -> Double {
    left + second * (width - left - right) / Double(max(1, seconds.buckets.count))
  }

  private static func y(share: Double) -> Double { top + (1 - share) * (height - top - bottom) }

  private static func y(milliseconds: Double) -> Double { y(share: height(milliseconds: milliseconds)) }

  /// How high a latency stands in the picture, from 0 to 1.
  static func height(milliseconds: Double) -> Double {
    let shown = min(max(milliseconds, scale.least), scale.most)
    return log10(shown / scale.least) / log10(scale.most / scale.least)
  }

  private static func frame(_ title: String, _ seconds: Seconds) -> String {
    var out = "<text x=\"\(left)\" y=\"16\" font-weight=\"bold\">\(title)</text>\n"
    for trial in seconds.trials {
      let from = x(trial.from, seconds)
      out += "<rect x=\"\(rounded(from))\" y=\"\(top)\" width=\"\(rounded(max(1, x(trial.to, seconds) - from)))\" "
      out += "height=\"\(height - top - bottom)\" fill=\"#64748b\" fill-opacity=\"0.12\"/>\n"
      out += "<text x=\"\(rounded(from + 4))\" y=\"\(top + 12)\" fill=\"#475569\">\(trial.name)</text>\n"
    }
    let last = seconds.buckets.count
    for second in stride(from: 0, through: last, by: max(1, last / 8)) {
      out += "<text x=\"\(rounded(x(second, seconds)))\" y=\"\(height - 10)\">\(second) s</text>\n"
    }
    return out
  }

  private static func line(at y: Double, label: String) -> String {
    "<line x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(rounded(y))\" y2=\"\(rounded(y))\" stroke=\"#cbd5e1\"/>\n"
      + "<text x=\"\(left - 8)\" y=\"\(rounded(y + 4))\" text-anchor=\"end\">\(label)</text>\n"
  }

  private static func document(_ body: String) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
      + "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
      + body + "</svg>\n"
  }

  private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
