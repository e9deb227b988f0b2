import Metrics
import TestServers
import Testing

@testable import ServiceKit

@Suite struct PrometheusTests {
  @Test func countersGaugesAndHistogramsAreWrittenAsTheFormatWants() throws {
    let registry = PrometheusRegistry(bounds: [0.1, 1])
    registry.describe("requests_total", "All \\ requests\nso far.")
    registry.makeCounter(label: "requests_total", dimensions: [("route", "/a"), ("method", "GET")]).increment(by: 2)
    registry.makeMeter(label: "pool_size", dimensions: []).set(Double(2.5))
    let timer = registry.makeTimer(label: "wait_seconds", dimensions: [("pool", "p")])
    for nanoseconds in [50_000_000, 100_000_000, 500_000_000, 5_000_000_000] {
      timer.recordNanoseconds(Int64(nanoseconds))
    }
    #expect(
      registry.exposition() == """
        # TYPE pool_size gauge
        pool_size 2.5
        # HELP requests_total All \\\\ requests\\nso far.
        # TYPE requests_total counter
        requests_total{method="GET",route="/a"} 2
        # TYPE wait_seconds histogram
        wait_seconds_bucket{pool="p",le="0.1"} 2
        wait_seconds_bucket{pool="p",le="1"} 3
        wait_seconds_bucket{pool="p",le="+Inf"} 4
        wait_seconds_sum{pool="p"} 5.65
        wait_seconds_count{pool="p"} 4

        """)
  }

  @Test func namesAndLabelsAreMadeValid() {
    let registry = PrometheusRegistry()
    registry.makeCounter(label: "db.client.requests", dimensions: [("pool.name", "a\"b\\c\nd")]).increment(by: 1)
    registry.makeMeter(label: "9lives", dimensions: [("le", "x"), ("__name__", "y"), ("", "z")]).set(Int64(1))
    let text = registry.exposition()
    #expect(text.contains(#"db_client_requests_total{pool_name="a\"b\\c\nd"} 1"#))
    #expect(text.contains(#"_9lives{_="z",le_="x",x__name__="y"} 1"#))
    #expect(ExpositionChecker.problems(in: text).isEmpty)
  }

  @Test func numbersAreWrittenAsParseFloatReadsThem() {
    #expect(PrometheusText.number(3) == "3")
    #expect(PrometheusText.number(-0.25) == "-0.25")
    #expect(PrometheusText.number(.infinity) == "+Inf")
    #expect(PrometheusText.number(-.infinity) == "-Inf")
    #expect(PrometheusText.number(.nan) == "NaN")
    #expect(PrometheusText.number(1e300) == "1e+300")
  }

  @Test func oneNameIsOneKind() {
    let registry = PrometheusRegistry()
    registry.makeMeter(label: "x_total", dimensions: []).set(Int64(1))
    registry.makeCounter(label: "x_total", dimensions: []).increment(by: 5)
    registry.makeTimer(label: "y_seconds", dimensions: []).recordNanoseconds(1)
    registry.makeMeter(label: "y_seconds_count", dimensions: []).set(Int64(7))
    let text = registry.exposition()
    #expect(text.contains("x_total 1\n"))
    #expect(!text.contains("y_seconds_count 7"))
    #expect(ExpositionChecker.problems(in: text).isEmpty)
  }

  @Test func theSameSeriesIsOneCell() {
    let registry = PrometheusRegistry()
    registry.makeCounter(label: "n", dimensions: [("a", "1"), ("b", "2")]).increment(by: 1)
    registry.makeCounter(label: "n_total", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
    #expect(registry.exposition() == "# TYPE n_total counter\nn_total{a=\"1\",b=\"2\"} 2\n")
  }

  @Test func countersNeverFall() {
    let registry = PrometheusRegistry()
    let counter = registry.makeFloatingPointCounter(label: "n", dimensions: [])
    counter.increment(by: 2.5)
    counter.increment(by: -1)
    counter.increment(by: .nan)
    #expect(registry.exposition().contains("n_total 2.5\n"))
  }

  @Test func aStaleGaugeIsNotShownNorItsHead() {
    let registry = PrometheusRegistry()
    let gauge = registry.gauge("seen", [])
    gauge.set(3, freshFor: .zero)
    #expect(registry.exposition().isEmpty)
    gauge.set(4, freshFor: .seconds(60))
    #expect(registry.exposition() == "# TYPE seen gauge\nseen 4\n")
  }

  @Test func theProcessesOwnMetricsAreValidToo() {
    let text = ProcessMetrics.exposition()
    #expect(text.contains("process_resident_memory_bytes "))
    #expect(ExpositionChecker.problems(in: text).isEmpty)
  }

  @Test func theCheckerSeesWhatIsWrong() {
    #expect(!ExpositionChecker.problems(in: "a 1\na 2\n").isEmpty)
    #expect(!ExpositionChecker.problems(in: "# TYPE a counter\na{x=\"1} 2\n").isEmpty)
    #expect(!ExpositionChecker.problems(in: "# TYPE a counter\na -1\n").isEmpty)
    #expect(
      !ExpositionChecker.problems(
        in: "# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n"
      ).isEmpty)
    #expect(!ExpositionChecker.problems(in: "# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_sum 1\nh_count 3\n").isEmpty)
    #expect(!ExpositionChecker.problems(in: "# TYPE a gauge\na 1").isEmpty)
    #expect(!ExpositionChecker.problems(in: "# HELP a x\n# HELP a x\n# TYPE a gauge\na 1\n").isEmpty)
  }
}
