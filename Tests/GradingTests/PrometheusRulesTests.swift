import Testing

@testable import Probes

@Suite struct PrometheusRulesTests {
  private let rules = PrometheusRules(
    alerts: ["Clock": ["vector(time()) % 30 < 10"], "Other": ["up == 0"]],
    recorded: ["a": ["b + c > 1"], "b": ["vector(time()) % 9 < 3", "up"], "c": ["a"], "limit": ["4"]])

  @Test func namesAreFoundInExpressions() {
    let words = PrometheusRules.words(of: #"max by (job) (rate(http_requests_total{code=~"5.."}[5s])) > job:x:sum"#)
    #expect(words.isSuperset(of: ["http_requests_total", "job:x:sum", "rate"]))
    #expect(PrometheusRules.words(of: "1 > 0").isEmpty)
  }

  @Test func recordedSeriesAreFollowedToTheirRules() {
    #expect(Set(rules.closure(of: "a > 0")) == ["a > 0", "b + c > 1", "vector(time()) % 9 < 3", "up", "a"])
    #expect(rules.closure(of: "up") == ["up"])
  }

  @Test(arguments: ["ALERTS", "ALERTS_FOR_STATE"]) func alertsAboutAlertsAreFollowedToThose(name: String) {
    let all = rules.closure(of: #"count(\#(name){alertname="Clock"}) > 0"#)
    #expect(all.contains("vector(time()) % 30 < 10"))
    #expect(rules.scraped(["up", name, "limit"]) == ["up"])
  }

  @Test func recordedSeriesAreWrittenOut() {
    #expect(rules.writtenOut("sum(x) > on() limit") == "sum(x) > on() (4)")
    // With labels or a time it is another thing.
    #expect(rules.writtenOut("limit{a=\"b\"} + limit[5s]") == "limit{a=\"b\"} + limit[5s]")
    #expect(rules.writtenOut("limits + my:limit") == "limits + my:limit")
  }

  @Test(arguments: [
    (#"count({job="gateway"}) < 1"#, [#"{job="gateway"}"#]),
    (#"{__name__=~"http_.*"} > 1"#, [#"{__name__=~"http_.*"}"#]),
    (#"up{job="a"} == 0"#, []), (#"up {job="a"} == 0"#, []), (#"up + {a="b"}"#, [#"{a="b"}"#]),
  ])
  func selectorsWithoutANameAreFound(expression: String, selectors: [String]) {
    #expect(PrometheusRules.nameless(in: expression) == selectors)
  }

  @Test(arguments: [
    ("time() - max(x) > 2", "(time() - 7) - max(x) > 2" as String?),
    ("(vector(time( )) % 30 < 10) and on() up", "(vector((time() - 7)) % 30 < 10) and on() up"),
    ("minute() % 2 == 0 and hour() > 6", "minute(vector(time() - 7)) % 2 == 0 and hour(vector(time() - 7)) > 6"),
    ("timestamp(sum(up) > 0) % 30 < 10", "(timestamp(sum(up) > 0) - 7) % 30 < 10"),
    ("timestamp(a) - timestamp(b)", "(timestamp(a) - 7) - (timestamp(b) - 7)"),
    ("rate(uptime[5s]) > hour(x)", nil),
  ])
  func itCanBeEarlier(expression: String, earlier: String?) {
    #expect(PrometheusRules.earlier(expression, by: 7) == earlier)
  }
}
