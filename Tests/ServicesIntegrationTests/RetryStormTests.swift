import Foundation
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import Resilience
import ServiceKit
import Testing

@testable import Provider

/// A provider of finite capacity that is slow for two seconds, under three layers of retries and under one with a
/// budget: the first outlives its cause, the second doesn't.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RetryStormTests {
  @Test func threeLayersOfRetriesOutliveTheBrownOut() async throws {
    var options = Self.options
    options.gatewayPolicy.retry = Self.naive
    options.paymentPolicy.retry = Self.naive
    options.providerPolicy.retry = Self.naive
    let result = try await BrownOut.run(options)
    #expect(result.before >= 0.8, "\(result)")
    #expect(result.after <= 0.2, "\(result)")
    #expect(result.amplification >= 3, "\(result)")
  }

  @Test func aBudgetOrABreakerEndsItWithItsCause() async throws {
    var budget = Self.options
    budget.providerPolicy.retry = RetryPolicy(maxAttempts: 3, jitter: .full)
    budget.providerPolicy.budget = .init(ratio: 0.1, minPerSecond: 0.5)
    var breaker = Self.options
    breaker.gatewayPolicy.retry = Self.naive
    breaker.paymentPolicy.retry = Self.naive
    breaker.providerPolicy.retry = Self.naive
    breaker.providerPolicy.breaker = .init(
      failureRateThreshold: 50, slidingWindow: .time(.seconds(2)), minimumNumberOfCalls: 5,
      waitDurationInOpenState: .milliseconds(1500), permittedCallsInHalfOpenState: 3)
    async let withBudget = BrownOut.run(budget)
    async let withBreaker = BrownOut.run(breaker)
    for result in [try await withBudget, try await withBreaker] {
      #expect(result.before >= 0.8, "\(result)")
      #expect(result.after >= 0.8, "\(result)")
      #expect(result.amplification <= 2, "\(result)")
    }
  }

  static let naive = RetryPolicy(
    maxAttempts: 3, baseInterval: .milliseconds(100), maxInterval: .milliseconds(100), multiplier: 1, jitter: .none)

  /// The provider can charge 20 times a second: twice what is asked of it.
  static var options: ShopUnderTest.Options {
    var options = ShopUnderTest.Options()
    options.provider = ProviderSettings(latency: .milliseconds(100), capacity: 2, token: ShopUnderTest.token)
    options.providerPolicy = OutboundPolicy(timeout: .seconds(1))
    options.paymentPolicy = OutboundPolicy(timeout: .seconds(4))
    options.gatewayPolicy = OutboundPolicy(timeout: .seconds(13))
    return options
  }
}

/// Users who order at a steady rate, and a brown-out among them.
struct BrownOut: CustomStringConvertible {
  /// The share of orders that were confirmed within the users' patience, placed before the brown-out.
  var before = 0.0
  /// The same of orders placed well after it.
  var after = 0.0
  /// Requests at the provider for each order, from the brown-out on.
  var amplification = 0.0
  var abandoned = 0

  static let rate = 10
  static let patience = Duration.seconds(3)

  var description: String {
    String(
      format: "before %.2f, after %.2f, %.1f requests at the provider an order, %d worked off in vain", before, after,
      amplification, abandoned)
  }

  /// 1 s of peace, 2 s of charges that take ten times as long, 4 s to recover, and 2 s that count.
  static func run(_ options: ShopUnderTest.Options) async throws -> BrownOut {
    let result = Box()
    try await ShopUnderTest.with(options) { shop in
      let session = try await shop.session()
      #expect(try await shop.place(session, key: "warm-up", [("SKU-0001", 1)]).status == 201)
      let begin = ContinuousClock.now
      async let peace = orders(rate, "peace", shop, session, from: begin)
      try await Task.sleep(until: begin + .seconds(1))
      let atStart = try await shop.statistics()
      try await shop.behave(#"{"latency_factor":10,"lease_seconds":2}"#)
      async let during = orders(6 * rate, "storm", shop, session, from: begin + .seconds(1))
      async let after = orders(2 * rate, "after", shop, session, from: begin + .seconds(7))
      var measured = BrownOut()
      measured.before = await peace
      _ = await during
      measured.after = await after
      let atEnd = try await shop.statistics()
      measured.amplification = Double(atEnd.received - atStart.received) / Double(8 * rate)
      measured.abandoned = atEnd.abandoned
      await result.set(measured)
      // What still waits is worked off at once, so that the services have nothing left to wait for when they stop.
      try await shop.behave(#"{"latency_ms":0,"capacity":100000}"#)
    }
    return await result.value
  }

  private actor Box {
    var value = BrownOut()
    func set(_ value: BrownOut) { self.value = value }
  }

  /// Places orders at their times, whatever becomes of those before.
  /// - Returns: the share that was confirmed in time.
  private static func orders(
    _ count: Int, _ name: String, _ shop: ShopUnderTest, _ session: String, from begin: ContinuousClock.Instant
  ) async -> Double {
    // A client of its own: the shared one opens eight connections at most, and users don't wait for each other.
    let gateway = UpstreamClient(
      service: "gateway", upstreams: Upstreams(.list([shop.gateway]), logger: Logger(label: "users")),
      policy: OutboundPolicy(timeout: patience), client: OutboundClient())
    return await withTaskGroup(of: Bool.self) { group in
      for number in 0..<count {
        group.addTask {
          let time = begin + .seconds(1) * number / rate
          try? await Task.sleep(until: time)
          let reply = try? await gateway.send(
            .POST, "/orders", headers: [.xSession: session, .idempotencyKey: "\(name)-\(number)"],
            json: ByteBuffer(string: #"{"items":[{"sku":"SKU-0001","quantity":1}]}"#))
          return reply?.status == 201
        }
      }
      let confirmed = await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      return Double(confirmed) / Double(count)
    }
  }
}

extension ShopUnderTest {
  /// What the provider counted.
  func statistics() async throws -> ProviderStatistics {
    let reply = try await Browser.send(
      .GET, provider, "/v1/statistics", headers: ["Authorization": "Bearer \(Self.token)"])
    return try JSONDecoder().decode(ProviderStatistics.self, from: Data(reply.body.utf8))
  }
}
