public import DrillCore

/// What became of requests, by their kind: how many were sent and served, how long it took, and what went wrong.
public enum LoadTable {
  /// The sums of each kind of request, in the order of their names.
  ///
  /// Times count from when a request was due; those of requests that got no answer until they were given up count too.
  public static func kinds(_ requests: [RequestEvent]) -> [LoadAnswer.Kind] {
    Dictionary(grouping: requests) { $0.op }.sorted { $0.key < $1.key }.map { kind, own in
      let times = own.compactMap(\.latency).sorted()
      return LoadAnswer.Kind(
        kind: kind, sent: own.count { $0.sent != nil }, ok: own.count { $0.outcome == .ok },
        p50Milliseconds: milliseconds(times, 50), p99Milliseconds: milliseconds(times, 99),
        wentWrong: Dictionary(grouping: own.filter { $0.outcome != .ok }, by: cause).mapValues(\.count))
    }
  }

  /// A line for each kind; empty without any.
  public static func text(_ kinds: [LoadAnswer.Kind]) -> String {
    guard !kinds.isEmpty else { return "" }
    let rows = kinds.map { kind in
      [
        kind.kind, "\(kind.sent)", "\(kind.ok)", kind.p50Milliseconds.map { "\($0) ms" } ?? "-",
        kind.p99Milliseconds.map { "\($0) ms" } ?? "-", trouble(kind.wentWrong),
      ]
    }
    return aligned([["KIND", "SENT", "OK", "P50", "P99", "WENT WRONG"]] + rows)
  }

  /// What wasn't served, the most frequent first: `503 provider_busy 20, no answer 4`.
  private static func trouble(_ causes: [String: Int]) -> String {
    let text = causes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
    return text.isEmpty ? "-" : text.joined(separator: ", ")
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

  /// Columns as wide as their widest cell; numbers stand to the right.
  private static func aligned(_ rows: [[String]]) -> String {
    let last = (rows.first?.count ?? 0) - 1
    let widths = (0...max(0, last)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { index, cell in
        let space = String(repeating: " ", count: widths[index] - cell.count)
        return index == last ? cell : index == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
