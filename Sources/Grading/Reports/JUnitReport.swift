public import DrillCore

/// A verdict as JUnit XML, in the subset that all readers understand: `<failure>` is a wrong repair, `<error>` trouble
/// of the grader's. The message stands in the body too, for some readers drop the attribute.
public enum JUnitReport {
  /// One test case a check.
  ///
  /// - Parameter seconds: how long the grade took.
  public static func xml(_ verdict: Verdict, seconds: Double = 0) -> String { xml([(verdict, seconds)]) }

  /// One suite a verdict, one test case a check; each with the seconds that its grade took.
  public static func xml(_ verdicts: [(verdict: Verdict, seconds: Double)]) -> String {
    let suites = verdicts.map { Suite($0.verdict, seconds: $0.seconds) }
    let all = suites.reduce(Counts()) { $0 + $1.counts }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites \(all.attributes)>\n"
      + suites.map(\.xml).joined() + "</testsuites>\n"
  }

  private struct Counts {
    var tests = 0
    var failures = 0
    var errors = 0

    var attributes: String { "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"0\"" }

    static func + (left: Counts, right: Counts) -> Counts {
      Counts(
        tests: left.tests + right.tests, failures: left.failures + right.failures, errors: left.errors + right.errors)
    }
  }

  private struct Suite {
    let counts: Counts
    let xml: String

    init(_ verdict: Verdict, seconds: Double) {
      // A grade without a single check said nothing: that is trouble, not success.
      let empty = verdict.checks.isEmpty ? 1 : 0
      counts = Counts(
        tests: verdict.checks.count + empty, failures: verdict.checks.count { $0.finding.status == .violated },
        errors: verdict.checks.count { $0.finding.status == .inconclusive } + empty)
      let name = escaped("firedrill.\(verdict.scenario)")
      var out = "  <testsuite name=\"\(name)\" \(counts.attributes) time=\"\(seconds)\">\n"
      for check in verdict.checks { out += Self.testCase(check, suite: name) }
      if empty == 1 {
        out += "    <testcase classname=\"\(name)\" name=\"grade\" time=\"0\">\n"
        out += "      <error message=\"nothing was tried\">nothing was tried</error>\n    </testcase>\n"
      }
      xml = out + "  </testsuite>\n"
    }

    private static func testCase(_ check: CheckResult, suite: String) -> String {
      let name = "    <testcase classname=\"\(suite).\(check.tier.rawValue)\" name=\"\(escaped(check.id))\" time=\"0\""
      switch check.finding.status {
      case .met: return name + "/>\n"
      case .violated: return name + ">\n" + element("failure", check) + "    </testcase>\n"
      case .inconclusive: return name + ">\n" + element("error", check) + "    </testcase>\n"
      }
    }
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
