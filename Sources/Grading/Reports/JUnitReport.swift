public import DrillCore

/// A verdict as JUnit XML, in the subset that all readers understand: `<failure>` is a wrong repair, `<error>` trouble
/// of the grader's. The message stands in the body too, for some readers drop the attribute.
public enum JUnitReport {
  /// One test case a check.
  ///
  /// - Parameter seconds: how long the grade took.
  public static func xml(_ verdict: Verdict, seconds: Double = 0) -> String {
    let failures = verdict.checks.count { $0.finding.status == .violated }
    let errors = verdict.checks.count { $0.finding.status == .inconclusive }
    let suite = escaped("firedrill.\(verdict.scenario)")
    // A grade without a single check said nothing: that is trouble, not success.
    let empty = verdict.checks.isEmpty ? 1 : 0
    let counts =
      "tests=\"\(verdict.checks.count + empty)\" failures=\"\(failures)\" errors=\"\(errors + empty)\" skipped=\"0\""
    var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    out += "<testsuites \(counts)>\n  <testsuite name=\"\(suite)\" \(counts) time=\"\(seconds)\">\n"
    for check in verdict.checks {
      let name = "    <testcase classname=\"\(suite).\(check.tier.rawValue)\" name=\"\(escaped(check.id))\" time=\"0\""
      switch check.finding.status {
      case .met: out += name + "/>\n"
      case .violated: out += name + ">\n" + element("failure", check) + "    </testcase>\n"
      case .inconclusive: out += name + ">\n" + element("error", check) + "    </testcase>\n"
      }
    }
    if empty == 1 {
      out += "    <testcase classname=\"\(suite)\" name=\"grade\" time=\"0\">\n"
      out += "      <error message=\"nothing was tried\">nothing was tried</error>\n    </testcase>\n"
    }
    return out + "  </testsuite>\n</testsuites>\n"
  }

  private static func element(_ kind: String, _ check: CheckResult) -> String {
    let reason = escaped(check.finding.reason ?? "")
    let place = check.runbook.isEmpty ? "" : "; see \(check.runbook)"
    let message = escaped(
      "\(check.finding.reason ?? ""): \(check.finding.observed); expected: \(check.finding.expected)\(place)")
    return "      <\(kind) type=\"\(reason)\" message=\"\(message)\">\(message)</\(kind)>\n"
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n", "\t", "\r": out += " "
      // XML 1.0 has no way to write the other control characters.
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": out += "?"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
