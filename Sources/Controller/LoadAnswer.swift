public import DrillCore
public import Load

/// What became of the users that `firedrill load` sent; as JSON its keys are stable.
public struct LoadAnswer: Codable, Sendable, Equatable {
  /// Requests a second.
  public var rate: Double
  /// For how long.
  public var seconds: Double
  /// The products that get most of the visits, sorted; the same at every load of a lab, empty in most scenarios.
  public var hot: [String]
  /// Requests whose time came.
  public var scheduled: Int
  /// Requests that went out.
  public var sent: Int
  /// Requests that got a reply.
  public var answered: Int
  /// Requests that got a 2xx reply.
  public var ok: Int
  /// Requests not sent for want of room in flight.
  public var dropped: Int
  /// Latency in milliseconds from the scheduled time, by percentile: `50`, `90`, `99`, `99.9`, `100`.
  public var latencyMilliseconds: [String: UInt64]
  /// The same by the kind of request, in the order of their names.
  public var kinds: [LoadKind]

  /// The sums of a stream and its requests.
  public init(rate: Double, seconds: Double, hot: [String], report: StreamReport, requests: [RequestEvent]) {
    self.rate = rate
    self.seconds = seconds
    self.hot = hot.sorted()
    scheduled = report.scheduled
    sent = report.sent
    answered = report.answered
    ok = report.ok
    dropped = report.dropped
    latencyMilliseconds = Dictionary(
      uniqueKeysWithValues: report.latency.map { (Self.name(ofPercentile: $0), ($1 + 500) / 1000) })
    kinds = LoadKind.kinds(of: requests)
  }

  /// The same for people: a table, and the sums under it.
  public var text: String {
    let percentiles = StreamReport.percentiles.compactMap { percentile -> String? in
      let name = Self.name(ofPercentile: percentile)
      return latencyMilliseconds[name].map { "p\(name) \($0) ms" }
    }
    let table = LoadTable.text(kinds)
    return (table.isEmpty ? "" : table + "\n\n") + (Self.line(hot: hot).map { $0 + "\n" } ?? "")
      + "scheduled \(scheduled), sent \(sent), answered \(answered), ok \(ok), dropped \(dropped); "
      + "latency from the scheduled time: \(percentiles.joined(separator: ", "))"
  }

  /// `hot: SKU-0123, SKU-0456`; nil without hot products.
  public static func line(hot: [String]) -> String? {
    hot.isEmpty ? nil : "hot: \(hot.sorted().joined(separator: ", "))"
  }

  /// `99` and `99.9`, not `99.0`.
  private static func name(ofPercentile value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}
