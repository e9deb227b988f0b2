import Controller
import DrillCore
import Foundation
import Load
import Testing

@Suite struct LoadTableTests {
  private func request(
    _ op: String, _ milliseconds: Int64?, _ status: Int? = nil, _ outcome: Outcome, code: String? = nil
  ) -> RequestEvent {
    RequestEvent(
      stream: "users", op: op, scheduled: 0, sent: outcome == .dropped ? nil : 1,
      done: milliseconds.map { $0 * 1_000_000 },
      status: status, outcome: outcome, code: code)
  }

  private func text(_ requests: [RequestEvent]) -> String { LoadTable.text(LoadKind.kinds(of: requests)) }

  @Test func eachKindHasALineWithWhatWentWrong() {
    let orders =
      (1...36).map { request("order", $0, 201, .ok) }
      + (1...20).map { _ in request("order", 40, 503, .unknown, code: "provider_busy") }
      + (1...4).map { _ in request("order", 5000, nil, .unknown, code: "timeout") }
    let lines = text(orders + [request("browse", 7, 200, .ok), request("browse", nil, nil, .dropped)])
      .split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "KIND    SENT  OK    P50      P99  WENT WRONG",
        "browse     1   1   7 ms     7 ms  not sent 1",
        "order     60  36  30 ms  5000 ms  503 provider_busy 20, no answer 4",
      ])
  }

  @Test func anOrderThatIsNotThereIsRightlyNotFound() {
    let text = text([request("order-unknown", 3, 404, .rejected, code: "not_found")])
    #expect(text.hasSuffix("404 as it should be 1"))
  }

  @Test func nothingSentIsNoTable() { #expect(text([]).isEmpty) }

  private static var report: StreamReport {
    var report = StreamReport()
    (report.scheduled, report.sent, report.answered, report.ok, report.dropped) = (5, 4, 3, 2, 1)
    report.latency = [50: 1499, 90: 2_500, 99: 30_000, 99.9: 40_000, 100: 50_000]
    return report
  }

  @Test func hotProductsAreNamedAboveTheSums() {
    let requests = [request("order", 5, 201, .ok)]
    let answer = LoadAnswer(
      rate: 20, seconds: 1, hot: ["SKU-0456", "SKU-0123"], report: Self.report, requests: requests)
    #expect(
      answer.text == """
        KIND   SENT  OK   P50   P99  WENT WRONG
        order     1   1  5 ms  5 ms  -

        hot: SKU-0123, SKU-0456
        scheduled 5, sent 4, answered 3, ok 2, dropped 1; latency from the scheduled time: p50 1 ms, p90 3 ms, \
        p99 30 ms, p99.9 40 ms, p100 50 ms
        """)
    let without = LoadAnswer(rate: 20, seconds: 1, hot: [], report: Self.report, requests: requests)
    #expect(!without.text.contains("hot"))
    #expect(LoadAnswer.line(hot: []) == nil)
  }

  @Test func asJSONItIsTheSame() throws {
    let answer = LoadAnswer(
      rate: 20, seconds: 1.5, hot: ["SKU-0123"], report: Self.report,
      requests: [request("order", 40, 503, .unknown, code: "provider_busy"), request("browse", nil, nil, .dropped)])
    let json = try JSONEncoder().encode(answer)
    #expect(try JSONDecoder().decode(LoadAnswer.self, from: json) == answer)
    let value = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(value["hot"] as? [String] == ["SKU-0123"] && value["dropped"] as? Int == 1)
    #expect((value["latencyMilliseconds"] as? [String: Int])?["99.9"] == 40)
    let kinds = try #require(value["kinds"] as? [[String: Any]])
    #expect(kinds.map { $0["kind"] as? String } == ["browse", "order"])
    #expect(kinds[0]["p50Milliseconds"] == nil && kinds[1]["p50Milliseconds"] as? Int == 40)
    #expect(kinds[1]["wentWrong"] as? [String: Int] == ["503 provider_busy": 1])
  }
}
