import Metrics
import ServiceKit
import Synchronization

/// What Prometheus sees of the links. Toxics aren't among it: whoever looks for a fault must find it by its symptoms.
final class ProxyMetrics: Sendable {
  private struct Series {
    let open: Gauge
    let accepted: Counter
    let failed: Counter
    let bytes: [Counter]
    var last: ConnectionsReply.Link?

    init(link: String) {
      let label = [("link", link)]
      open = Gauge(label: "proxy_connections", dimensions: label)
      accepted = Counter(label: "proxy_connections_accepted", dimensions: label)
      failed = Counter(label: "proxy_connect_failures", dimensions: label)
      bytes = Direction.allCases.map {
        Counter(label: "proxy_bytes", dimensions: label + [("direction", "\($0)")])
      }
    }
  }

  private let series: Mutex<[String: Series]>

  init(links: [String]) {
    series = Mutex(Dictionary(links.map { ($0, Series(link: $0)) }, uniquingKeysWith: { first, _ in first }))
  }

  static func describe() {
    let registry = PrometheusRegistry.shared
    registry.describe("proxy_connections", "Connections open now.")
    registry.describe("proxy_connections_accepted_total", "Connections accepted.")
    registry.describe("proxy_connect_failures_total", "Connections whose target could not be reached.")
    registry.describe("proxy_bytes_total", "Bytes passed on, by direction.")
  }

  /// Brings the metrics up to what was counted.
  func publish(_ links: [ConnectionsReply.Link]) {
    series.withLock { series in
      for link in links {
        guard let known = series[link.link] else { continue }
        known.open.record(link.open)
        known.accepted.increment(by: link.accepted - (known.last?.accepted ?? 0))
        known.failed.increment(by: link.failed - (known.last?.failed ?? 0))
        known.bytes[0].increment(by: link.bytesUpstream - (known.last?.bytesUpstream ?? 0))
        known.bytes[1].increment(by: link.bytesDownstream - (known.last?.bytesDownstream ?? 0))
        series[link.link]?.last = link
      }
    }
  }
}
