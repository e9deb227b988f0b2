import Foundation
import Testing

@testable import Engine

@Suite struct ToxicParametersTests {
  private static let link = ["proxy": "proxy", "link": "payment"]

  private func problem(_ parameters: [String: String]) -> String? {
    do {
      let all = Self.link.merging(parameters) { $1 }
      _ = try FaultKind(FaultRequest(kind: "toxic", parameters: all, lease: 60))
      return nil
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    ["type": "latency", "latency_ms": "100"],
    ["type": "latency", "latency_ms": "0", "jitter_ms": "600000", "direction": "both", "probability": "0.5"],
    ["type": "bandwidth", "bytes_per_second": "10000000000", "seed": "18446744073709551615"],
    ["type": "reset", "after_ms": "5"], ["type": "reset", "after_bytes": "5", "direction": "upstream"],
    ["type": "blackhole"], ["type": "slow_close", "delay_ms": "1"], ["type": "refuse"],
    ["type": "refuse", "established": "reset", "seed": "3"], ["type": "fail_first", "count": "3", "probability": "1"],
    ["type": "limit_bytes", "bytes": "1"], ["type": "timeout"], ["type": "timeout", "after_ms": "0"],
  ])
  func whatTheProxyTakesIsTaken(_ parameters: [String: String]) {
    #expect(problem(parameters) == nil)
  }

  @Test(arguments: [
    (["type": "lag"], "type: lag is not one of bandwidth, blackhole, fail_first, latency, limit_bytes, refuse"),
    ([:], "type is missing"), (["type": ""], "type is missing"),
    (["type": "blackhole", "proxy": ""], "proxy is missing"),
    (["type": "blackhole", "proxy": "a/b?c"], "proxy: a/b?c is not a name"),
    (["type": "blackhole", "link": "a\"b"], "link: a\"b is not a name"),
    (["type": "blackhole", "colour": "red"], "colour: toxic has no such parameter"),
    (["type": "blackhole", "latency_ms": "5"], "latency_ms: a blackhole toxic has none; it takes direction, probab"),
    (["type": "latency"], "latency_ms is missing"),
    (["type": "latency", "latency_ms": "600001"], "latency_ms: 600001 is not a whole number from 0 to 600000"),
    (["type": "latency", "latency_ms": "1.5"], "latency_ms: 1.5 is not a whole number"),
    (["type": "latency", "latency_ms": "1", "direction": "up"], "direction: up is not one of upstream, downstream"),
    (["type": "latency", "latency_ms": "1", "probability": "1.1"], "probability: 1.1 is not a number from 0 to 1"),
    (["type": "latency", "latency_ms": "1", "probability": "nan"], "probability: nan is not"),
    (["type": "latency", "latency_ms": "1", "seed": "-1"], "seed: -1 is not a whole number from 0 to 184467"),
    (["type": "bandwidth", "bytes_per_second": "0"], "bytes_per_second: 0 is not"),
    (["type": "reset"], "either after_ms or after_bytes"),
    (["type": "reset", "after_ms": "1", "after_bytes": "1"], "either after_ms or after_bytes"),
    (["type": "reset", "after_ms": "1", "direction": "both"], "direction: a reset toxic with after_ms has none"),
    (["type": "refuse", "probability": "0.5"], "probability: a refuse toxic has none"),
    (["type": "refuse", "established": "end"], "established: end is not one of keep, reset"),
    (["type": "fail_first", "count": "0"], "count: 0 is not"),
    (["type": "fail_first", "count": "1", "direction": "both"], "direction: a fail_first toxic has none"),
    (["type": "limit_bytes", "bytes": "0"], "bytes: 0 is not"),
    (["type": "slow_close"], "delay_ms is missing"),
    (["type": "timeout", "after_ms": "x"], "after_ms: x is not"),
  ])
  func everythingElseIsRefusedByName(_ parameters: [String: String], _ words: String) {
    let problem = problem(parameters)
    #expect(problem?.contains(words) == true, "\(problem ?? "taken")")
  }

  @Test func everyProblemIsNamedAtOnce() {
    let text = problem(["proxy": "", "type": "latency", "bytes": "1", "direction": "up"]) ?? ""
    for words in ["proxy is missing", "latency_ms is missing", "bytes: a latency", "direction: up"] {
      #expect(text.contains(words), "\(text)")
    }
  }

  @Test func theBodyIsWhatTheProxyReads() throws {
    let values = [
      "proxy": "p", "link": "l", "type": "latency", "latency_ms": "+50", "probability": ".5", "direction": "both",
      "seed": "18446744073709551615",
    ]
    let json = ToxicParameters.json(values, id: "toxic-1", lease: 1.2)
    #expect(
      json
        == #"{"id":"toxic-1","lease_seconds":2,"direction":"both","latency_ms":50,"link":"l","probability":0.5,"#
        + #""seed":18446744073709551615,"kind":"latency"}"#)
    #expect((try JSONSerialization.jsonObject(with: Data(json.utf8))) is [String: Any])
  }

  @Test func theProxyGetsTheLeaseAndNobodyElseItsToken() throws {
    let request = FaultRequest(
      kind: "toxic", parameters: Self.link.merging(["type": "blackhole"]) { $1 }, lease: 7)
    guard case .worker(let worker) = try FaultKind(request) else { throw EngineError("no worker") }
    #expect(worker.secret == "proxy-token")
    #expect(worker.orders["lease_seconds"] == "7.0")
  }
}
