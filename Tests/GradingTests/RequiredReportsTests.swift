import DrillCore
import Testing

@testable import Grading

/// What the reports of a pipeline say never contradicts the exit code: what was required decides both.
@Suite struct RequiredReportsTests {
  private func grade(
    _ checks: [(tier: Tier, finding: Finding)], required: Tier, pictures: String? = nil, chart: String = ""
  ) -> ReportedGrade {
    let results = checks.enumerated().map { number, check in
      CheckResult(id: "check-\(number)", tier: check.tier, finding: check.finding, runbook: "R.md#verify")
    }
    let verdict = Verdict(
      scenario: "s", seed: 7, engine: "process", required: required, checks: results, load: .init(), evidence: "")
    return ReportedGrade(
      verdict, required: required, file: "lab/compose.yaml", pictures: pictures, chart: chart)
  }

  private let open = Finding.violated("too_few", "seen", expected: "wanted")

  @Test(arguments: [(Tier.mitigated, Tier.resolved), (.resolved, .prevented)])
  func whatIsBeyondWhatWasRequiredFailsNoReport(_ required: Tier, _ beyond: Tier) {
    let met = Tier.allCases.filter { $0 > .none && $0 <= required }.map { (tier: $0, finding: Finding.met("ok")) }
    for finding in [open, .inconclusive(.probeDead, "seen", expected: "wanted")] {
      let grade = grade(met + [(beyond, finding)], required: required)
      #expect(grade.verdict.verdict == .passed)
      let xml = JUnitReport.xml([grade])
      let counts = "tests=\"\(met.count + 1)\" failures=\"0\" errors=\"0\" skipped=\"1\""
      #expect(xml.contains("<testsuites \(counts)>"), "\(xml)")
      #expect(xml.contains("<testsuite name=\"firedrill.s\" \(counts) "), "\(xml)")
      #expect(xml.contains("<skipped message=\"beyond what was required: "), "\(xml)")
      #expect(!xml.contains("<failure") && !xml.contains("<error"))
      let lines = GitHubAnnotations.lines([grade])
      #expect(lines.count == 1 && lines[0].hasPrefix("::notice file=lab/compose.yaml,title=s%3A check-"), "\(lines)")
      #expect(lines[0].contains("::beyond what was required: seen; expected: wanted"), "\(lines)")
      let summary = MarkdownReport.text([grade])
      #expect(summary.contains("| s | ✅ passed |"))
      #expect(summary.contains("beyond what was required (\(required.rawValue)):\n\n| check |"), "\(summary)")
      #expect(TextReport.text(grade.verdict, required: required).contains("    beyond what was required\n"))
    }
  }

  @Test func whatIsRequiredFailsEveryReport() {
    let grade = grade([(.mitigated, .met("ok")), (.resolved, open)], required: .resolved)
    #expect(grade.verdict.verdict == .failed)
    let xml = JUnitReport.xml([grade])
    #expect(xml.contains("failures=\"1\" errors=\"0\" skipped=\"0\"") && xml.contains("<failure type=\"too_few\""))
    #expect(GitHubAnnotations.lines([grade]).map { $0.prefix(8) } == ["::error "])
    #expect(!MarkdownReport.text([grade]).contains("beyond"))
    #expect(!TextReport.text(grade.verdict, required: .resolved).contains("beyond"))
  }

  /// The time of a grade may be over before the harder trial: all checks are met, and nothing is proven.
  @Test(arguments: [Tier.resolved, .prevented]) func aTierThatWasNotTriedIsTroubleInEveryReport(_ required: Tier) {
    let grade = grade([(.mitigated, .met("ok"))], required: required)
    #expect(grade.verdict.verdict == .inconclusive)
    let xml = JUnitReport.xml([grade])
    #expect(xml.contains("<testsuites tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"0\">"), "\(xml)")
    #expect(xml.contains("classname=\"firedrill.s.resolved\" name=\"grade\""), "\(xml)")
    #expect(xml.contains("<error type=\"not_tried\" message=\"not_tried: nothing that decides"), "\(xml)")
    let words = "nothing that decides the tier resolved was tried"
    let lines = GitHubAnnotations.lines([grade])
    #expect(lines.count == 1 && lines[0].hasPrefix("::warning ") && lines[0].contains(words), "\(lines)")
    #expect(MarkdownReport.text([grade]).contains("| grade | \(words) | "), "\(MarkdownReport.text([grade]))")
    #expect(TextReport.text(grade.verdict, required: required).contains("?    grade [resolved]: \(words)\n"))
  }

  @Test func aGradeThatSaysWhyItCouldNotTellSaysItOnce() {
    let grade = grade([(.mitigated, .inconclusive(.probeDead, "no database"))], required: .resolved)
    #expect(JUnitReport.xml([grade]).contains("tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\""))
    #expect(GitHubAnnotations.lines([grade]).count == 1)
  }

  /// GitHub shows ten: what fails must be among them.
  @Test func whatFailsIsAnnotatedFirst() {
    let beyond = grade(
      [(.mitigated, .met("ok"))] + Array(repeating: (.resolved, open), count: 12), required: .mitigated)
    let lines = GitHubAnnotations.lines([beyond, grade([(.mitigated, open)], required: .mitigated)])
    #expect(lines.count == 10 && lines[0].hasPrefix("::error "), "\(lines)")
    #expect(lines.last == "::notice title=firedrill::4 more are in the summary and in the JUnit file")
  }

  @Test func theSummaryNamesThePicturesAndDrawsTheGrade() {
    let passed = grade([(.mitigated, .met("ok"))], required: .mitigated, pictures: "reports/evidence/s")
    let text = MarkdownReport.text([passed])
    #expect(text.contains("- s: reports/evidence/s/latency.svg, reports/evidence/s/errors.svg\n"), "\(text)")
    #expect(!MarkdownReport.text([grade([(.mitigated, .met("ok"))], required: .mitigated)]).contains(".svg"))
    for finding in [open, .met("ok")] {
      let grade = grade([(.mitigated, finding)], required: .mitigated, chart: "p99 |▁█|\n")
      #expect(MarkdownReport.text([grade]).contains("\n```text\np99 |▁█|\n```\n"))
    }
  }

  @Test func filesAreNamedFromTheRepositorysRoot() {
    let roots = ["", "/src/repository", "/src/repository/sub/"]
    #expect(RepositoryPath.of("/src/repository/sub/lab/x", roots: roots) == "sub/lab/x")
    #expect(
      RepositoryPath.of("/src/repository/sub/lab/x", roots: ["/src/other", "/src/repository/sub/"]) == "lab/x")
    #expect(RepositoryPath.of("/src/repository-2/lab/x", roots: roots) == "/src/repository-2/lab/x")
  }
}
