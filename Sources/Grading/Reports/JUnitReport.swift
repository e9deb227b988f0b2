import DrillCore

/// A verdict as JUnit XML, in the subset that all readers understand: `<failure>` is a wrong repair, `<error>` trouble
/// of the grader's, `<skipped>` what is not met and was not required. The message stands in the body too, for some
/// readers drop the attribute.
public enum JUnitReport {
  /// One suite a verdict, one test case a check; each with the seconds that its grade took.
  public static func xml(_ grades: [ReportedGrade]) -> String {
    let suites = grades.map(Suite.init)
    let all = suites.reduce(Counts()) { $0 + $1.counts }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites \(all.attributes)>\n"
      + suites.map(\.xml).joined() + "</testsuites>\n"
  }

  private struct Counts {
    var tests = 0
    var failures = 0
    var errors = 0
    var skipped = 0

    var attributes: String {
      "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
    }

    static func + (left: Counts, right: Counts) -> Counts {
      Counts(
        tests: left.tests + right.tests, failures: left.failures + right.failures, errors: left.errors + right.errors,
        skipped: left.skipped + right.skipped)
    }
  }

  private struct Suite {
    let counts: Counts
    let xml: String

    init(_ grade: ReportedGrade) {
      let items = grade.items
      counts = Counts(
        tests: items.count, failures: items.count { $0.meaning == .wrong },
        errors: items.count { $0.meaning == .untold }, skipped: items.count { $0.meaning == .beyond })
      let name = escaped("firedrill.\(grade.verdict.scenario)")
      xml =
        "  <testsuite name=\"\(name)\" \(counts.attributes) time=\"\(grade.seconds)\">\n"
        + items.map { Self.testCase($0, suite: name) }.joined() + "  </testsuite>\n"
    }

    private static func testCase(_ item: ReportedGrade.Item, suite: String) -> String {
      let check = item.check
      let name = "    <testcase classname=\"\(suite).\(check.tier.rawValue)\" name=\"\(escaped(check.id))\" time=\"0\""
      let body: String
      switch item.meaning {
      case .met: return name + "/>\n"
      case .wrong: body = element("failure", type: check.finding.reason ?? "", message(check))
      case .untold: body = element("error", type: check.finding.reason ?? "", message(check))
      case .beyond: body = element("skipped", type: nil, "beyond what was required: \(message(check))")
      }
      return name + ">\n" + body + "    </testcase>\n"
    }
  }

  private static func message(_ check: CheckResult) -> String {
    let place = check.runbook.isEmpty ? "" : "; see \(check.runbook)"
    return "\(check.finding.reason ?? ""): \(check.finding.observed); expected: \(check.finding.expected)\(place)"
  }

  /// `<skipped>` has no type.
  private static func element(_ kind: String, type: String?, _ message: String) -> String {
    let type = type.map { " type=\"\(escaped($0))\"" } ?? ""
    return "      <\(kind)\(type) message=\"\(escaped(message))\">\(escaped(message))</\(kind)>\n"
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
