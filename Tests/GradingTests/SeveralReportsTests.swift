import DrillCore
import Foundation
import Testing

@testable import Grading

/// Reports on several verdicts, with what a lab may have printed in them.
@Suite struct SeveralReportsTests {
  private static let nasty = "a|b <b>`x`\n::error::%0A @everyone ]]>"

  private func verdict(_ scenario: String, _ status: Finding.Status, checks: Int = 1) -> Verdict {
    let finding = Finding(
      status: status, reason: status == .met ? nil : "some_reason", observed: Self.nasty, expected: "x, y")
    let results = (0..<checks).map {
      CheckResult(id: "check-\($0)", tier: .mitigated, finding: finding, runbook: "Runbooks/\(scenario).md#verify")
    }
    return Verdict(
      scenario: scenario, seed: 7, engine: "process", required: .mitigated, checks: results,
      load: .init(scheduled: 10, sent: 9, answered: 8, ok: 7, dropped: 1), evidence: "")
  }

  private func grade(
    _ scenario: String, _ status: Finding.Status, checks: Int = 1, seconds: Double = 0, file: String = "x"
  ) -> ReportedGrade {
    ReportedGrade(verdict(scenario, status, checks: checks), required: .mitigated, seconds: seconds, file: file)
  }

  @Test func theJUnitFileHasASuiteForEachVerdict() throws {
    let xml = JUnitReport.xml([
      grade("first", .met, seconds: 1.5), grade("second", .violated), grade("third", .inconclusive),
    ])
    #expect(xml.contains("<testsuites tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\">"))
    let counts = "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\""
    let first = "<testsuite name=\"firedrill.first\" \(counts) time=\"1.5\">"
    #expect(xml.contains(first))
    #expect(xml.contains("classname=\"firedrill.second.mitigated\" name=\"check-0\""))
    #expect(xml.contains("<failure type=\"some_reason\"") && xml.contains("<error type=\"some_reason\""))
    #expect(XMLIsWellFormed.check(xml), "\(xml)")
  }

  @Test func theSummaryTellsWhatDidNotPass() {
    let text = MarkdownReport.text([grade("first", .met, seconds: 1.25), grade("second", .violated, seconds: 2)])
    #expect(text.contains("| first | ✅ passed | mitigated | 1.3 |"))
    #expect(text.contains("| second | ❌ failed | none | 2.0 |"))
    #expect(text.contains("#### second: failed") && !text.contains("#### first"))
    #expect(text.contains("10 requests were due, 9 sent, 7 answered well; seed 7."))
    // Nothing that a lab says makes markup, a mention or a new line.
    for word in ["<b>", "`x`", "@everyone", "\n::error"] { #expect(!text.contains(word), "\(word) in \(text)") }
    #expect(text.contains("a&#124;b"))
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("| check-0") }.count == 1)
  }

  @Test func aSummaryNeverOutgrowsWhatIsTaken() {
    let many = Array(repeating: grade("second", .violated, checks: 1000), count: 40)
    let text = MarkdownReport.text(many)
    #expect(text.utf8.count < 1 << 20)
    #expect(text.contains("more are left out"))
  }

  @Test func annotationsAreOneLineEachAndTenAtMost() {
    let lines = GitHubAnnotations.lines([
      grade("second", .violated, file: "a:b,c"), grade("third", .inconclusive, file: "d"),
    ])
    #expect(lines.count == 2)
    let first = "::error file=a%3Ab%2Cc,title=second%3A check-0 [mitigated]::a|b <b>`x`%0A::error::%250A"
    #expect(lines[0].hasPrefix(first))
    #expect(lines[1].hasPrefix("::warning file=d,"))
    #expect(lines.allSatisfy { !$0.contains("\n") && !$0.contains("\r") })
    let many = GitHubAnnotations.lines([grade("second", .violated, checks: 25)])
    #expect(many.count == 10)
    #expect(many.last == "::warning title=firedrill::16 more are in the summary and in the JUnit file")
    #expect(GitHubAnnotations.lines([grade("second", .violated, checks: 10)]).count == 10)
    #expect(GitHubAnnotations.lines([grade("first", .met)]).isEmpty)
  }

  @Test func thePicturesShowEachSecond() {
    var history = History()
    for number in 0..<100 {
      // The first second is quick and good, the second one slow, with every second request refused.
      let isRefused = number >= 50 && number % 2 == 0
      history.add(stream: "users", op: "stock", at: Int64(number) * 20_000_000, status: isRefused ? 503 : 200)
    }
    history = history.phase("mitigated", from: 0, to: 2_000_000_000)
    let seconds = GradePicture.Seconds(history)
    #expect(seconds.buckets.count == 3)
    #expect(seconds.buckets[0].count == 50 && seconds.buckets[0].bad == 0)
    #expect(seconds.buckets[1].count == 50 && seconds.buckets[1].bad == 25)
    #expect(seconds.trials.map(\.name) == ["mitigated"])
    for picture in [GradePicture.latency(history), GradePicture.errors(history), GradePicture.errors(History())] {
      #expect(picture.hasPrefix("<svg ") && XMLIsWellFormed.check(picture), "\(picture)")
    }
    #expect(GradePicture.errors(history).components(separatedBy: "#dc2626").count == 2)
    // As text: none in the first second, half in the second, nobody in the third.
    let lines = GradeChart.text(history).split(separator: "\n").map(String.init)
    #expect(lines.count == 4 && lines[1] == "errors   |.▅ | 0 to 50 %", "\(lines)")
    #expect(lines[0].hasPrefix("p99      |") && lines[0].contains(" | "), "\(lines)")
    #expect(lines[3] == "trials: mitigated 0 to 2 s")
    #expect(GradeChart.text(History()).isEmpty)
  }

  @Test func aLongGradesChartIsNoWider() {
    var history = History()
    for second in 0..<150 {
      // One second in the middle has nothing but refusals.
      history.add(
        stream: "users", op: "stock", at: Int64(second) * 1_000_000_000, status: second == 75 ? 503 : 200)
    }
    let lines = GradeChart.text(history).split(separator: "\n").map(String.init)
    let columns = lines[1].split(separator: "|", omittingEmptySubsequences: false)[1]
    #expect(columns.count == 50 && lines[2].hasPrefix("a column is 3 s"), "\(lines)")
    #expect(Array(columns)[25] == "▃" && columns.count { $0 == "." } == 49, "\(lines)")
  }

  @Test func percentilesAreOfTheNearestRank() {
    var bucket = GradePicture.Seconds.Bucket()
    #expect(bucket.percentile(0.5) == nil)
    bucket.latencies = [3, 1, 2, 4]
    #expect(bucket.percentile(0.5) == 2 && bucket.percentile(0.99) == 4 && bucket.percentile(0) == 1)
  }
}

/// Whether tags are closed in the order in which they were opened, and nothing stands where it must not.
private enum XMLIsWellFormed {
  static func check(_ text: String) -> Bool {
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      if rest[..<start].contains(">") { return false }
      guard let end = rest[start...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("?") || tag.hasSuffix("/") { continue }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else {
        open.append(tag.prefix { $0 != " " })
      }
    }
    return open.isEmpty && !rest.contains(">")
  }
}
