import Clients
import FleetAPI
import Inventory
import Metrics
import NIOCore
import Resilience
import ServiceKit
import StableHash
import Synchronization

extension PureLoop {
  /// What a service does with each request.
  static func services() throws -> [PureLoop] {
    let product = Product(
      sku: "SKU-0001", name: "Kettle", description: "Boils a litre of water in two minutes.", priceCents: 3490,
      updatedAt: "2026-01-02T03:04:05.678Z")
    let cart = try JSONBody.encode(
      OrderRequest(items: [
        CartItem(sku: "SKU-0001", quantity: 1), CartItem(sku: "SKU-0002", quantity: 2),
        CartItem(sku: "SKU-0003", quantity: 3),
      ]))
    let breaker = Mutex(CircuitBreaker(CircuitBreaker.Settings()))
    let budget = Mutex(RetryBudget(RetryBudget.Settings(ratio: 0.2)))
    let now = ContinuousClock.now
    let header = TraceContext().header
    let registry = PrometheusRegistry()
    let timers = (0..<20).map { registry.makeTimer(label: "requests", dimensions: [("route", "/route-\($0)")]) }
    for timer in timers { timer.recordNanoseconds(1_234_567) }
    return [
      PureLoop("product to JSON, by hand") {
        var text = ""
        product.appendJSON(to: &text)
        return ByteBuffer(string: text).readableBytes
      },
      // What the services spare themselves.
      PureLoop("product to JSON, by an encoder") { try JSONBody.encode(product).readableBytes },
      PureLoop("cart from JSON") { try JSONBody.decode(OrderRequest.self, from: cart).items.count },
      PureLoop("statement with three values") {
        let query: PostgresQuery = "UPDATE stock SET left = left - \(2) WHERE sku = \("SKU-0001") AND left >= \(2)"
        return query.sql.utf8.count + query.binds.count
      },
      PureLoop("trace context") {
        guard let context = TraceContext(header: header) else { return 0 }
        return context.child().header.utf8.count
      },
      PureLoop("circuit breaker") {
        breaker.withLock { breaker in
          guard let permit = breaker.acquire(at: now) else { return 0 }
          breaker.record(permit, failed: false, duration: .milliseconds(3), at: now)
          return 1
        }
      },
      PureLoop("retry budget") {
        budget.withLock { budget in
          budget.recordCall(at: now)
          return budget.tryRetry(at: now) ? 1 : 0
        }
      },
      PureLoop("duration measured") {
        timers[7].recordNanoseconds(2_345_678)
        return 1
      },
      PureLoop("page of 20 histograms") { registry.exposition().utf8.count },
      PureLoop("stable hash") { Int(truncatingIfNeeded: StableHash.of("session-0123456789")) & 1 },
    ]
  }
}
