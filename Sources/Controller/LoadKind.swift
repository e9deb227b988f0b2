public import DrillCore

/// What became of requests of one kind: how many were sent and served, how long it took, and what went wrong.
public struct LoadKind: Codable, Sendable, Equatable {
  /// The kind, such as `order`.
  public var kind: String
  /// How many went out.
  public var sent: Int
  /// How many were served.
  public var ok: Int
  /// Half of the requests took no longer, in milliseconds from when they were due; none without a request sent.
  public var p50Milliseconds: Int64?
  /// 99 of 100 requests took no longer.
  public var p99Milliseconds: Int64?
  /// What wasn't served, by cause: `503 provider_busy`, `no answer`.
  public var wentWrong: [String: Int]

  /// The sums of each kind of request, in the order of their names.
  ///
  /// Times count from when a request was due; those of requests that got no answer until they were given up count too.
  public static func kinds(of requests: [RequestEvent]) -> [LoadKind] {
    Dictionary(grouping: requests) { $0.op }.sorted { $0.key < $1.key }.map { kind, own in
      let times = own.compactMap(\.latency).sorted()
      return LoadKind(
        kind: kind, sent: own.count { $0.sent != nil }, ok: own.count { $0.outcome == .ok },
        p50Milliseconds: milliseconds(times, 50), p99Milliseconds: milliseconds(times, 99),
        wentWrong: Dictionary(grouping: own.filter { $0.outcome != .ok }, by: cause).mapValues(\.count))
    }
  }

  private static func cause(of request: RequestEvent) -> String {
    if request.outcome == .dropped { return "not sent" }
    // Whoever asks for an order that isn't there is to be told so.
    if request.op == DrillCore.Operation.orderUnknown.rawValue, request.status == 404 { return "404 as it should be" }
    if let status = request.status { return ["\(status)", request.code].compactMap { $0 }.joined(separator: " ") }
    switch request.code {
    case "timeout"?: return "no answer"
    case "connect"?: return "no connection"
    case "cut"?: return "cut off"
    case let other: return other ?? "no answer"
    }
  }

  /// The smallest time that `percent` of the sorted times don't exceed; nil without any.
  private static func milliseconds(_ times: [Int64], _ percent: Int) -> Int64? {
    guard !times.isEmpty else { return nil }
    let rank = max(1, (times.count * percent + 99) / 100)
    return (times[rank - 1] + 500_000) / 1_000_000
  }
}
