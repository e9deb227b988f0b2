extension Verdict {
  /// The verdict as JSON, schema 1: fixed order of keys, two spaces of indentation, a line feed at the end.
  ///
  /// The same verdict gives the same bytes, always: `regrade` is compared byte by byte.
  public var json: String {
    document.text + "\n"
  }

  /// The verdict as a tree with ordered keys.
  public var document: OrderedJSON {
    .object([
      ("schema", .integer(1)),
      ("scenario", .string(scenario)),
      ("seed", .unsigned(seed)),
      ("engine", .string(engine)),
      ("verdict", .string(verdict.rawValue)),
      ("tier", .string(tier.rawValue)),
      ("checks", .array(checks.map(Self.document(of:)))),
      (
        "load",
        .object([
          ("scheduled", .integer(Int64(load.scheduled))),
          ("sent", .integer(Int64(load.sent))),
          ("answered", .integer(Int64(load.answered))),
          ("ok", .integer(Int64(load.ok))),
          ("dropped", .integer(Int64(load.dropped))),
        ])
      ),
      ("evidence", .string(evidence)),
    ])
  }

  private static func document(of check: CheckResult) -> OrderedJSON {
    var fields: [(String, OrderedJSON)] = [
      ("id", .string(check.id)),
      ("tier", .string(check.tier.rawValue)),
      ("status", .string(check.finding.status.rawValue)),
    ]
    if let reason = check.finding.reason { fields.append(("reason", .string(reason))) }
    fields.append(("observed", .string(check.finding.observed)))
    fields.append(("expected", .string(check.finding.expected)))
    fields.append(("runbook", .string(check.runbook)))
    return .object(fields)
  }
}
