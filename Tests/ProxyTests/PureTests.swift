import ServiceKit
import Testing

@testable import Proxy

/// What needs no socket: chance, pace, and what toxics come to.
@Suite struct PureTests {
  @Test func chanceIsRepeatableAndFair() {
    let shares = (-5000..<5000).map { Draw.share(seed: 3, id: "a", index: $0) }
    #expect(shares == (-5000..<5000).map { Draw.share(seed: 3, id: "a", index: $0) })
    #expect(shares.allSatisfy { (0..<1).contains($0) })
    for limit in [0.1, 0.5, 0.9] {
      let hit = Double(shares.count { $0 < limit }) / 10_000
      #expect(abs(hit - limit) < 0.02)
    }
    #expect(shares != (-5000..<5000).map { Draw.share(seed: 4, id: "a", index: $0) })
    #expect(shares != (-5000..<5000).map { Draw.share(seed: 3, id: "b", index: $0) })
  }

  @Test func probabilityZeroAndOneAreExact() {
    var toxic = Toxic(id: "t", link: "l", kind: .blackhole, leaseSeconds: 1)
    #expect((0..<1000).allSatisfy { toxic.acts(on: $0) })
    toxic.probability = 0
    #expect(!(0..<1000).contains { toxic.acts(on: $0) })
  }

  @Test func failFirstCountsFromItsBeginning() {
    let toxic = Toxic(id: "t", link: "l", kind: .failFirst(count: 2), leaseSeconds: 1)
    let active = ActiveToxic(toxic: toxic, number: 0, firstConnection: 10, expires: 0)
    #expect((10..<14).map { active.fails(connection: $0) } == [true, true, false, false])
  }

  @Test func paceHoldsOnAverageAndForgivesLittle() {
    var pacer = Pacer()
    var now: UInt64 = 1_000_000_000
    let begin = now
    var sent = 0
    while sent < 1_000_000 {
      now = max(now + 100_000, pacer.next)
      pacer.spend(10_000, at: 1_000_000, now: now)
      sent += 10_000
    }
    let seconds = Double(pacer.next - begin) / 1e9
    #expect(seconds > 0.97 && seconds < 1.01)
    // An hour of silence is no credit for more than 20 ms.
    now += 3_600_000_000_000
    pacer.spend(10_000, at: 1_000_000, now: now)
    #expect(pacer.next >= now - 20_000_000)
    #expect(Pacer.sip(at: 1) == 1)
  }

  @Test func effectsAddUp() {
    func attached(_ kind: ToxicKind, after bytes: Int = 0) -> Proxy.Attachment {
      Proxy.Attachment(
        toxic: Toxic(id: "t", link: "l", kind: kind, leaseSeconds: 1), number: 0, start: 0, startBytes: bytes)
    }
    let effects = FlowEffects(
      [
        attached(.latency(delay: 5, jitter: 0)), attached(.latency(delay: 10, jitter: 4)),
        attached(.bandwidth(bytesPerSecond: 100)), attached(.bandwidth(bytesPerSecond: 50)),
        attached(.limitBytes(100), after: 7), attached(.resetAfterBytes(50), after: 7), attached(.slowClose(3)),
        attached(.slowClose(4)),
      ], salt: 1)
    #expect(effects.bytesPerSecond == 50)
    #expect(effects.cut == FlowEffects.Cut(position: 57, byReset: true))
    #expect(effects.closeDelay == 7)
    let dues = (0..<100).map { effects.due(arrived: 1000, piece: $0) }
    #expect(dues.allSatisfy { (1011...1019).contains($0) })
    #expect(Set(dues).count > 3)
    #expect(!effects.swallows && !effects.holds)
    let late = FlowEffects([attached(.latency(delay: 1, jitter: 1_000_000))], salt: 1)
    #expect((0..<100).allSatisfy { late.due(arrived: 10, piece: $0) >= 10 })
  }

  @Test func tokensKeepTheirParts() {
    let token = Token(part: .target, slot: 123_456, generation: 987_654)
    let copy = Token(raw: token.raw)
    #expect(copy.part == .target && copy.slot == 123_456 && copy.generation == 987_654)
    #expect(Token.listener(3).link == 3 && Token.timer.link == nil && token.link == nil)
  }

  @Test(arguments: [
    ("orders=5432:postgres:5432", LinkSpec(name: "orders", port: 5432, target: Endpoint(host: "postgres", port: 5432))),
    ("a-b_1=1:127.0.0.1:65535", LinkSpec(name: "a-b_1", port: 1, target: Endpoint(host: "127.0.0.1", port: 65_535))),
  ])
  func linksAreRead(text: String, link: LinkSpec) { #expect(LinkSpec(text[...]) == link) }

  @Test(arguments: [
    "", "orders", "orders=5432", "orders=5432:postgres", "=1:a:2", "Orders=1:a:2", "a b=1:a:2", "a=0:a:2",
    "a=65536:a:2", "a=1::2", "a=1:a:0", "a=1:a:b", "a=1:a:2:3", "a=1:a/b:2", "a=b=1:a:2", "a=-1:a:2",
  ])
  func wrongLinksAreNot(text: String) { #expect(LinkSpec(text[...]) == nil) }

  @Test func settingsReportEveryProblem() {
    var reader = SettingsReader(environment: [
      "PROXY_LINKS": "a=1:b:2,a=3:b:4", "PROXY_CONNECT_TIMEOUT": "0", "PROXY_MAX_CONNECTIONS": "many",
      "PROXY_TOKEN_FILE": "/no/such/file",
    ])
    _ = ProxySettings(reading: &reader)
    let wrong = Set(["PROXY_LINKS", "PROXY_CONNECT_TIMEOUT", "PROXY_MAX_CONNECTIONS", "PROXY_TOKEN_FILE"])
    #expect(Set(reader.problems.map(\.key)) == wrong)
    var empty = SettingsReader(environment: [:])
    _ = ProxySettings(reading: &empty)
    #expect(empty.problems.map(\.key) == ["PROXY_LINKS"])
    var right = SettingsReader(environment: ["PROXY_LINKS": "a=1:b:2, c=3:d:4", "PROXY_CONNECT_TIMEOUT": "70"])
    let settings = ProxySettings(reading: &right)
    #expect(right.problems.isEmpty)
    #expect(settings.links.map(\.name) == ["a", "c"])
    #expect(settings.limits.connectTimeout == 70_000_000)
  }
}
