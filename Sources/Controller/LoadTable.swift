public import DrillCore

/// What became of requests, by their kind: how many were sent and served, how long it took, and what went wrong.
public enum LoadTable {
  /// A line for each kind of request, in the order of their names; empty without requests.
  ///
  /// Times count from when a request was due; those of requests that got no answer until they were given up count too.
  public static func text(_ requests: [RequestEvent]) -> String {
    let kinds = Dictionary(grouping: requests) { $0.op }
    guard !kinds.isEmpty else { return "" }
    let rows = kinds.sorted { $0.key < $1.key }.map { kind, own in
      let times = own.compactMap(\.latency).sorted()
      return [
        kind, "\(own.count { $0.sent != nil })", "\(own.count { $0.outcome == .ok })", milliseconds(times, 50),
        milliseconds(times, 99), trouble(own),
      ]
    }
    return aligned([["KIND", "SENT", "OK", "P50", "P99", "WENT WRONG"]] + rows)
  }

  /// What wasn't served, the most frequent first: `503 provider_busy 20, no answer 4`.
  private static func trouble(_ requests: [RequestEvent]) -> String {
    let causes = Dictionary(grouping: requests.filter { $0.outcome != .ok }, by: cause).mapValues(\.count)
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

  /// The smallest time that `percent` of the sorted times don't exceed.
  private static func milliseconds(_ times: [Int64], _ percent: Int) -> String {
    guard !times.isEmpty else { return "-" }
    let rank = max(1, (times.count * percent + 99) / 100)
    return "\((times[rank - 1] + 500_000) / 1_000_000) ms"
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
