/// What became of requests, by their kind, as a table for people.
public enum LoadTable {
  /// A line for each kind; empty without any.
  public static func text(_ kinds: [LoadKind]) -> String {
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
