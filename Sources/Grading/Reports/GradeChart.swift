public import DrillCore

/// How the users fared while a grade went on, in a few lines of text: every summary shows those, a picture few of them.
public enum GradeChart {
  private static let columns = 60
  private static let blocks = Array("▁▂▃▄▅▆▇█")

  /// The 99th percentile and the share of requests without a good answer, a column for each second or for several;
  /// empty when nobody asked for anything. The scale of latencies is that of `GradePicture`, logarithmic.
  public static func text(_ history: History) -> String {
    let seconds = GradePicture.Seconds(history)
    guard seconds.buckets.contains(where: { $0.count > 0 }) else { return "" }
    let width = (seconds.buckets.count + columns - 1) / columns
    let buckets = stride(from: 0, to: seconds.buckets.count, by: width).map { start in
      GradePicture.Seconds.Bucket(of: seconds.buckets[start..<min(start + width, seconds.buckets.count)])
    }
    let slow = buckets.map { $0.percentile(0.99) }
    let bad = buckets.map { $0.count == 0 ? nil : Double($0.bad) / Double($0.count) }
    var lines = [
      "p99      |" + slow.map { block($0.map(GradePicture.height(milliseconds:))) }.joined() + "| "
        + range(slow, unit: "ms"),
      "errors   |" + bad.map { $0 == 0 ? "." : block($0) }.joined() + "| "
        + range(bad.map { $0.map { $0 * 100 } }, unit: "%"),
      "a column is \(width) s; there is no mark where nothing was asked, or for p99 nothing was answered",
    ]
    if !seconds.trials.isEmpty {
      let spans = seconds.trials.map { "\($0.name) \(Int($0.from)) to \(Int($0.to.rounded(.up))) s" }
      lines.append("trials: " + spans.joined(separator: ", "))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A mark for a share of the whole height; none where there is nothing to show.
  private static func block(_ share: Double?) -> String {
    guard let share else { return " " }
    return String(blocks[min(blocks.count - 1, max(0, Int(share * Double(blocks.count))))])
  }

  private static func range(_ values: [Double?], unit: String) -> String {
    let known = values.compactMap(\.self)
    guard let least = known.min(), let most = known.max() else { return "none" }
    return "\(Int(least.rounded())) to \(Int(most.rounded())) \(unit)"
  }
}
