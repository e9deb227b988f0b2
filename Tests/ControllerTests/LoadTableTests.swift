import Controller
import DrillCore
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

  @Test func eachKindHasALineWithWhatWentWrong() {
    let orders =
      (1...36).map { request("order", $0, 201, .ok) }
      + (1...20).map { _ in request("order", 40, 503, .unknown, code: "provider_busy") }
      + (1...4).map { _ in request("order", 5000, nil, .unknown, code: "timeout") }
    let lines = LoadTable.text(orders + [request("browse", 7, 200, .ok), request("browse", nil, nil, .dropped)])
      .split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "KIND    SENT  OK    P50      P99  WENT WRONG",
        "browse     1   1   7 ms     7 ms  not sent 1",
        "order     60  36  30 ms  5000 ms  503 provider_busy 20, no answer 4",
      ])
  }

  @Test func anOrderThatIsNotThereIsRightlyNotFound() {
    let text = LoadTable.text([request("order-unknown", 3, 404, .rejected, code: "not_found")])
    #expect(text.hasSuffix("404 as it should be 1"))
  }

  @Test func nothingSentIsNoTable() { #expect(LoadTable.text([]).isEmpty) }
}
