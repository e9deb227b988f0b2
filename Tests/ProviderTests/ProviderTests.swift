import FleetAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import Testing

@testable import Provider

@Suite struct ProviderTests {
  private func application(
    _ settings: ProviderSettings = ProviderSettings(latency: .zero, token: "open sesame")
  ) -> some ApplicationProtocol {
    let host = ServiceHost(
      name: "provider", common: CommonSettings(instance: "provider"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return host.application(ProviderService.build(settings, host: host))
  }

  private let admin: HTTPFields = [.authorization: "Bearer open sesame"]

  private func charge(
    _ client: any TestClientProtocol, key: String, amount: Int = 500
  ) async throws -> TestResponse {
    try await client.execute(
      uri: "/v1/charges", method: .post, headers: [.idempotencyKey: key],
      body: ByteBuffer(string: "{\"amount_cents\":\(amount)}"))
  }

  private func behave(
    _ client: any TestClientProtocol, _ json: String, lease: String? = nil
  ) async throws -> HTTPResponse.Status {
    let uri = "/v1/behaviour" + (lease.map { "?lease=\($0)" } ?? "")
    return try await client.execute(uri: uri, method: .put, headers: admin, body: ByteBuffer(string: json)).status
  }

  private func ledger(_ client: any TestClientProtocol) async throws -> [ProviderCharge] {
    let response = try await client.execute(uri: "/v1/ledger", method: .get, headers: admin)
    return try JSONBody.decode(ProviderLedger.self, from: response.body).charges
  }

  @Test func aKeyIsChargedOnce() async throws {
    try await application().test(.router) { client in
      let first = try await charge(client, key: "k1")
      #expect(first.status == .created)
      let second = try await charge(client, key: "k1")
      #expect(second.status == .ok)
      #expect(first.body == second.body)
      #expect(try await charge(client, key: "k1", amount: 501).status == .conflict)
      #expect(try await ledger(client).map(\.idempotencyKey) == ["k1"])
    }
  }

  @Test func ledgerAndBehaviourNeedTheToken() async throws {
    try await application().test(.router) { client in
      for headers in [HTTPFields(), [.authorization: "Bearer open sesamf"], [.authorization: "open sesame"]] {
        for uri in ["/v1/ledger", "/v1/behaviour"] {
          try await expect(401, client, uri: uri, method: .get, headers: headers)
        }
      }
    }
    try await application(ProviderSettings(token: nil)).test(.router) { client in
      let headers: HTTPFields = [.authorization: "Bearer "]
      try await expect(401, client, uri: "/v1/ledger", method: .get, headers: headers)
    }
  }

  @Test func failingDecliningAndSilentChargesAreCountedExactly() async throws {
    try await application().test(.router) { client in
      #expect(try await behave(client, #"{"error_rate":0.25}"#) == .ok)
      var statuses: [Int] = []
      for number in 0..<8 { statuses.append(try await charge(client, key: "e\(number)").status.code) }
      #expect(statuses.filter { $0 == 500 }.count == 2)
      #expect(try await ledger(client).count == 6)
      #expect(try await behave(client, #"{"error_rate":0,"decline_rate":1}"#) == .ok)
      #expect(try await charge(client, key: "d").status.code == 402)
      #expect(try await ledger(client).count == 6)
      #expect(try await behave(client, #"{"decline_rate":0,"silence_rate":1}"#) == .ok)
      #expect(try await charge(client, key: "s").status.code == 500)
      #expect(try await ledger(client).count == 7)
      #expect(try await charge(client, key: "s").status == .ok)
      #expect(try await ledger(client).count == 7)
    }
  }

  @Test(arguments: [
    #"{"latency_ms":-1}"#, #"{"capacity":0}"#, #"{"error_rate":1.5}"#, #"{"silence_rate":-0.1}"#,
    #"{"lease_seconds":0}"#, #"{"latency_factor":-1}"#, #"{"hang_ms":600001}"#, #"{"transient_rate":2}"#,
  ])
  func behaviourOutOfRangeIsRefusedAndChangesNothing(json: String) async throws {
    try await application().test(.router) { client in
      #expect(try await behave(client, json).code == 422)
      let body = try await client.execute(uri: "/v1/behaviour", method: .get, headers: admin).body
      let behaviour = try JSONBody.decode(ProviderBehaviour.self, from: body)
      #expect(
        behaviour
          == ProviderBehaviour(latencyMS: 0, capacity: 64, errorRate: 0, silenceRate: 0, declineRate: 0))
    }
  }

  @Test func aLeasedBehaviourCanBeEndedAndThenAllIsAsBefore() async throws {
    try await application().test(.router) { client in
      #expect(try await behave(client, #"{"error_rate":1,"lease_seconds":600}"#) == .ok)
      #expect(try await charge(client, key: "a").status == .internalServerError)
      for _ in 0..<2 {
        let healed = try await client.execute(uri: "/v1/behaviour", method: .delete, headers: admin)
        #expect(healed.status == .ok)
      }
      #expect(try await charge(client, key: "a").status == .created)
      let refused = try await client.execute(uri: "/v1/behaviour", method: .delete)
      #expect(refused.status == .unauthorized)
    }
  }

  @Test func singleFailuresTakeTheSameKeysAndOnlyOnce() async throws {
    func failing(seed: Int) async throws -> Set<Int> {
      try await application().test(.router) { client in
        var keys: Set<Int> = []
        #expect(try await behave(client, #"{"transient_rate":0.3,"transient_seed":\#(seed)}"#) == .ok)
        for number in 0..<100 {
          let first = try await charge(client, key: "t\(number)").status.code
          #expect(first == 201 || first == 503)
          if first == 503 {
            keys.insert(number)
            #expect(try await charge(client, key: "t\(number)").status == .created)
          }
        }
        #expect(try await ledger(client).count == 100)
        return keys
      }
    }
    let one = try await failing(seed: 1)
    #expect((15...45).contains(one.count))
    #expect(try await failing(seed: 1) == one)
    #expect(try await failing(seed: 2) != one)
  }

  @Test func aSilentChargeIsMadeAndLeavesItsCallerWaiting() async throws {
    try await application().test(.router) { client in
      let changed = try await behave(client, #"{"silence_rate":1,"hang_ms":300}"#)
      #expect(changed == .ok)
      let begin = ContinuousClock.now
      let silent = try await charge(client, key: "s")
      let took = begin.duration(to: .now)
      #expect(silent.status.code == 500 && took >= .milliseconds(300))
      let keys = try await ledger(client).map(\.idempotencyKey)
      #expect(keys == ["s"])
    }
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      #"{"latency_ms":60000,"lease_seconds":600}"#, #"{"silence_rate":1,"hang_ms":60000,"lease_seconds":600}"#,
    ])
  func whatIsAtWorkHealsToo(_ json: String) async throws {
    try await application().test(.router) { client in
      #expect(try await behave(client, json, lease: "a") == .ok)
      try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask { try await self.charge(client, key: "k").status.code }
        // From then on it sleeps, or is about to.
        let hangs = json.contains("hang")
        while try await hangs ? ledger(client).isEmpty : statistics(client).received == 0 { await Task.yield() }
        for lease in ["b", "a"] {
          try await expect(200, client, uri: "/v1/behaviour?lease=\(lease)", method: .delete, headers: self.admin)
        }
        let status = try await group.next()
        #expect(status == (hangs ? 500 : 201))
      }
      let keys = try await ledger(client).map(\.idempotencyKey)
      #expect(keys == ["k"])
    }
  }

  @Test(.timeLimit(.minutes(1))) func whatIsAtWorkDoesNotOutlastItsLease() async throws {
    try await application().test(.router) { client in
      #expect(try await behave(client, #"{"latency_ms":60000,"capacity":1,"lease_seconds":0.3}"#) == .ok)
      async let first = charge(client, key: "a").status.code
      async let second = charge(client, key: "b").status.code
      let both = try await [first, second]
      #expect(both == [201, 201])
    }
  }

  private func statistics(_ client: any TestClientProtocol) async throws -> ProviderStatistics {
    let response = try await client.execute(uri: "/v1/statistics", method: .get, headers: admin)
    return try JSONBody.decode(ProviderStatistics.self, from: response.body)
  }

  @Test func firstAttemptsThatFailedByOrderAreCounted() async throws {
    try await application().test(.router) { client in
      #expect(try await behave(client, #"{"transient_rate":1}"#) == .ok)
      for key in ["a", "b", "a"] { _ = try await charge(client, key: key) }
      let response = try await client.execute(uri: "/v1/statistics", method: .get, headers: admin)
      let text = String(buffer: response.body)
      #expect(text.contains(#""failed_once":2"#), "\(text)")
    }
  }

  @Test func everythingIsCountedKeyByKey() async throws {
    try await application().test(.router) { client in
      for key in ["a", "b", "a", "a"] { _ = try await charge(client, key: key) }
      let statistics = try await statistics(client)
      #expect(statistics.received == 4 && statistics.executed == 4 && statistics.waiting == 0)
      #expect(statistics.attempts == ["a": 3, "b": 1])
      try await expect(401, client, uri: "/v1/statistics", method: .get)
    }
  }

  @Test func missingKeyAndBadBodiesAreRefused() async throws {
    try await application().test(.router) { client in
      let body = ByteBuffer(string: #"{"amount_cents":1}"#)
      try await expect(400, client, uri: "/v1/charges", method: .post, body: body)
      #expect(try await charge(client, key: "n", amount: -1).status.code == 422)
    }
  }
}

@Suite struct BehaviourTests {
  private let start = ContinuousClock.now

  private func change(_ json: String) throws -> BehaviourChange {
    try JSONBody.decode(BehaviourChange.self, from: ByteBuffer(string: json))
  }

  @Test func aLeaseEndsByItself() throws {
    let behaviour = Behaviour(.init(latency: .milliseconds(100), capacity: 4))
    let slow = try change(#"{"latency_factor":100,"capacity":1,"lease_seconds":2}"#)
    #expect(try behaviour.apply(slow, at: start) == start + .seconds(2))
    #expect(behaviour.values(at: start).serviceTime == .seconds(10))
    #expect(behaviour.values(at: start).capacity == 1)
    #expect(behaviour.described(at: start + .seconds(1)).leaseSeconds == 1)
    let healed = start + .seconds(2)
    #expect(behaviour.values(at: healed) == .init(latency: .milliseconds(100), capacity: 4))
    #expect(behaviour.described(at: healed).leaseSeconds == nil)
  }

  @Test func leasesOfDifferentNamesHoldTogetherAndLastingChangesStay() throws {
    let behaviour = Behaviour(.init(latency: .milliseconds(100), capacity: 4))
    _ = try behaviour.apply(try change(#"{"error_rate":1,"latency_ms":7,"lease_seconds":9}"#), lease: "a", at: start)
    _ = try behaviour.apply(try change(#"{"decline_rate":1,"latency_ms":8,"lease_seconds":1}"#), lease: "b", at: start)
    _ = try behaviour.apply(try change(#"{"capacity":8}"#), at: start)
    let both = behaviour.values(at: start)
    #expect(both.errorRate == 1 && both.declineRate == 1 && both.latency == .milliseconds(8) && both.capacity == 8)
    #expect(behaviour.described(at: start).leaseSeconds == 9)
    let later = behaviour.values(at: start + .seconds(1))
    #expect(later.errorRate == 1 && later.declineRate == 0 && later.latency == .milliseconds(7))
    _ = try behaviour.apply(try change(#"{"decline_rate":0.5,"lease_seconds":9}"#), lease: "a", at: start)
    #expect(behaviour.values(at: start).errorRate == 0, "the same name")
    behaviour.heal(lease: "b")
    #expect(behaviour.values(at: start).declineRate == 0.5)
    behaviour.heal()
    #expect(behaviour.values(at: start) == .init(latency: .milliseconds(100), capacity: 8))
  }
}

@Suite struct FIFOGateTests {
  @Test(.timeLimit(.minutes(1))) func theGateKeepsItsOrderAndItsCapacity() async {
    let gate = FIFOGate(capacity: 1)
    await gate.enter()
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    for number in 0..<5 {
      Task {
        await gate.enter()
        continuation.yield(number)
        gate.leave()
      }
      while gate.waitingCount != number + 1 { await Task.yield() }
    }
    gate.leave()
    var order: [Int] = []
    for await number in stream {
      order.append(number)
      if order.count == 5 { break }
    }
    #expect(order == [0, 1, 2, 3, 4])
  }

  @Test(.timeLimit(.minutes(1))) func moreCapacityLetsMoreIn() async {
    let gate = FIFOGate(capacity: 1)
    await gate.enter()
    let waiting = Task { await gate.enter() }
    while gate.waitingCount != 1 { await Task.yield() }
    gate.setCapacity(2)
    await waiting.value
    #expect(gate.waitingCount == 0)
  }
}

/// Sends a request and expects a status.
private func expect(
  _ status: Int, _ client: any TestClientProtocol, uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:],
  body: ByteBuffer? = nil
) async throws {
  let response = try await client.executeRequest(uri: uri, method: method, headers: headers, body: body)
  #expect(response.status.code == status, "\(method) \(uri)")
}
