import DrillCore
import Foundation
import Probes
import Testing
import Topology

@testable import Grading

@Suite struct ToxicSignTests {
  private func sign(_ type: String, _ parameters: [String: String] = [:], answer: Int = 3000) -> ToxicSign {
    ToxicSign(parameters.merging(["type": type]) { $1 }, answer: answer)
  }

  private func isUnseen(_ sign: ToxicSign) -> Bool {
    if case .unseen = sign.sight { true } else { false }
  }

  @Test func eachTypeHasItsSign() {
    let length = ToxicSign.length
    #expect(sign("refuse").sight == .refused)
    #expect(sign("blackhole").sight == .late(.seconds(1), below: 1))
    #expect(sign("timeout").sight == .late(.seconds(1), below: 1))
    #expect(sign("timeout", ["after_ms": "5000"]).sight == .late(.seconds(1), below: 1))
    #expect(sign("timeout", ["after_ms": "300"]).sight == .ended(by: .milliseconds(800), below: 1))
    #expect(sign("latency", ["latency_ms": "400"]).sight == .late(.milliseconds(200), below: 1))
    #expect(sign("latency", ["latency_ms": "600000"]).sight == .late(.milliseconds(1500), below: 1))
    #expect(sign("slow_close", ["delay_ms": "400"]).sight == .late(.milliseconds(200), below: .max))
    #expect(sign("slow_close", ["delay_ms": "400"]).manner == .hangUp)
    #expect(sign("bandwidth", ["bytes_per_second": "3000"]).sight == .late(.milliseconds(500), below: 2250))
    let upwards = sign("bandwidth", ["bytes_per_second": "\(length)", "direction": "upstream"])
    #expect(upwards.sight == .late(.milliseconds(500), below: 1) && upwards.manner == .askAtLength(length))
    #expect(sign("reset", ["after_ms": "200"]).sight == .reset(by: .milliseconds(700)))
    #expect(sign("reset", ["after_ms": "200"]).manner == .listen)
    #expect(sign("reset", ["after_bytes": "2999"]).sight == .reset(by: .seconds(1)))
    #expect(sign("limit_bytes", ["bytes": "2999"]).sight == .ended(by: .seconds(1), below: 3000))
  }

  @Test(arguments: [
    ("latency", ["latency_ms": "40"]), ("slow_close", ["delay_ms": "40"]), ("reset", ["after_ms": "1501"]),
    ("bandwidth", ["bytes_per_second": "100000"]), ("reset", ["after_bytes": "3000"]),
    ("limit_bytes", ["bytes": "3000"]), ("something", [:]),
  ])
  func whatIsLikeNoiseOrComesLateIsUnseen(_ type: String, _ parameters: [String: String]) {
    #expect(isUnseen(sign(type, parameters)))
  }

  @Test func whatActsNowAndThenIsTriedOften() {
    #expect(sign("blackhole").tries == 3)
    #expect(sign("blackhole", ["probability": "0.5"]).tries == 10)
    #expect(sign("latency", ["latency_ms": "400", "jitter_ms": "300"]).tries == 10)
    #expect(sign("blackhole", ["probability": "0.001"]).tries == 60)
    #expect(sign("blackhole", ["probability": "0"]).tries == 60)
  }

  /// A link that is merely down, or a target that is itself slow, is no proof of a delay.
  @Test func aDelayIsSeenOnlyWhereTheTargetIsQuick() {
    let late = sign("latency", ["latency_ms": "400"])
    let time = Duration.milliseconds(200)
    #expect(late.isShown(by: .init(.open, bytes: 0, took: time)))
    #expect(!late.isShown(by: .init(.open, bytes: 1, took: time)))
    for state in [StreamProbe.State.refused, .reset, .closed, .connecting] {
      #expect(!late.isShown(by: .init(state, bytes: 0, took: .zero)))
    }
    #expect(late.isPlain(.init(.closed, bytes: 3000, took: .milliseconds(2))))
    #expect(late.isPlain(.init(.open, bytes: 1, took: .milliseconds(99))))
    #expect(!late.isPlain(.init(.open, bytes: 1, took: .milliseconds(101))))
    #expect(!late.isPlain(.init(.open, bytes: 0, took: .milliseconds(5))))
    #expect(!late.isPlain(.init(.refused, bytes: 0, took: .milliseconds(5))))
  }

  @Test func cutsAreToldFromWholeAnswers() {
    let limit = sign("limit_bytes", ["bytes": "100"])
    #expect(limit.isShown(by: .init(.closed, bytes: 100, took: .zero)))
    #expect(!limit.isShown(by: .init(.closed, bytes: 3000, took: .zero)))
    #expect(!limit.isShown(by: .init(.open, bytes: 100, took: .zero)))
    #expect(limit.isPlain(.init(.closed, bytes: 3000, took: .zero)))
    #expect(!limit.isPlain(.init(.closed, bytes: 100, took: .zero)))
    let reset = sign("reset", ["after_bytes": "100"])
    #expect(reset.isShown(by: .init(.reset, bytes: 100, took: .zero)))
    #expect(!reset.isShown(by: .init(.closed, bytes: 100, took: .zero)))
    #expect(!reset.isPlain(.init(.reset, bytes: 0, took: .zero)))
    let refuse = sign("refuse")
    #expect(refuse.isShown(by: .init(.refused, bytes: 0, took: .zero)))
    #expect(!refuse.isShown(by: .init(.reset, bytes: 0, took: .zero)))
    #expect(!refuse.isPlain(.init(.refused, bytes: 0, took: .zero)))
  }

  @Test func aProxyIsReadAsItIsWritten() throws {
    let text = try String(contentsOfFile: ScenarioFileTests.path, encoding: .utf8)
    func start(_ payment: String) throws -> StartPlan {
      let links = "payment: { port: \(payment), target: payment:8080 }, db: { port: 5432, target: postgres:5432 }"
      let changed = text.replacing("\nstart:\n", with: "\nstart:\n  proxy: { \(links) }\n")
      return try ScenarioFile.parse(changed, file: "s.yaml").start
    }
    let plan = try #require(try start("8081").proxy)
    #expect(plan.links["payment"] == ProxyPlan.Link(port: 8081, target: "payment:8080"))
    #expect(
      ProxyPlan.variables(plan) == [
        "PROXY_REPLICAS": "1", "PROXY_LINKS": "db=5432:postgres:5432,payment=8081:payment:8080",
      ])
    for port in ["5432", "8080", "0", "x"] { #expect(throws: ProblemsError.self) { try start(port) } }
    #expect(ProxyPlan.variables(nil) == ["PROXY_REPLICAS": "0", "PROXY_LINKS": ""])
  }
}
