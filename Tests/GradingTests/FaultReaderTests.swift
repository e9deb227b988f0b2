import DrillCore
import Engine
import Testing
import Topology

@testable import Grading

/// What a scenario file says about faults is held against the rules of their kinds before anything is started.
@Suite struct FaultReaderTests {
  private func read(_ text: String) -> (plan: FaultPlan?, problems: [String]) {
    let problems = Problems()
    let plan = YAML.read(text, file: "s.yaml", problems: problems).map { FaultReader.fault($0) }
    return (plan, problems.errors.map(\.description))
  }

  private func step(_ text: String) -> [String] {
    let problems = Problems()
    _ = YAML.read("steps:\n  - " + text, file: "s.yaml", problems: problems).map { map in
      map.required("steps")?.list().map(StepReader.step)
    }
    return problems.errors.map(\.description)
  }

  @Test func whatIsRightIsRead() {
    let (plan, problems) = read(
      "{ kind: replay-lag, host: db, from_ms: 200, to_ms: { from: 300, to: 900 }, lease: 60s }")
    #expect(problems.isEmpty, "\(problems)")
    #expect(
      plan
        == FaultPlan(
          kind: "replay-lag",
          parameters: ["host": .fixed("db"), "from_ms": .fixed("200"), "to_ms": .between(300, 900)],
          lease: .seconds(60)))
  }

  @Test(arguments: [
    "{ kind: pause-node, node: { node_of: inventory }, lease: 1s }",
    "{ kind: kill-node, node: [\"a, b\", c], lease: 3600s }",
    "{ kind: scale, service: inventory, to: { from: 0, to: 250 }, lease: 1h }",
    "{ kind: pause-process, node: { replica: 2 }, process: walreceiver, lease: 5s }",
    "{ kind: provider, latency_factor: [2, 20], error_rate: 0.5, lease: 5s }",
    "{ kind: toxic, proxy: proxy, link: payment, type: [blackhole, timeout], direction: [upstream, both], lease: 5s }",
  ])
  func everyFormOfAValueIsTaken(_ text: String) {
    #expect(read(text).problems.isEmpty, "\(read(text).problems)")
  }

  @Test(arguments: [
    ("{ kind: redis-flush, host: r, pattern: p, every_ms: 100, lease: 0s }", "s.yaml:1:65: lease: must be from 1s to"),
    ("{ kind: replay-pause, host: r, lease: 2h }", "lease: must be from 1s to 3600s, not `2h`"),
    ("{ kind: replay-pause, host: r }", "lease: is missing"),
    ("{ kind: replay-pause, lease: 5s }", "s.yaml:1:1: host: is missing"),
    ("{ kind: replay-pause, host: \"\", lease: 5s }", "s.yaml:1:23: host: is missing"),
    (
      "{ kind: slow-queries, host: d, database: b, count: -5, lease: 5s }",
      "s.yaml:1:45: count: -5 is not a number from 1"
    ),
    (
      "{ kind: slow-queries, host: d, database: b, count: [4, 65], lease: 5s }",
      "count: 65 is not a number from 1 to 64"
    ),
    ("{ kind: slow-queries, host: d, database: b, count: { from: 0, to: 9 }, lease: 5s }", "count: 0 is not a number"),
    (
      "{ kind: slow-queries, host: d, database: b, count: { from: 9, to: 99 }, lease: 5s }", "count: 99 is not a number"
    ),
    ("{ kind: slow-queries, host: d, database: b, count: { node_of: db }, lease: 5s }", "count: db is not a number"),
    ("{ kind: slow-queries, host: d, database: b, count: [], lease: 5s }", "count: must have an item"),
    ("{ kind: provider, latency_factor: -1, lease: 5s }", "latency_factor: -1 is not a number from 0"),
    ("{ kind: provider, error_rate: nan, lease: 5s }", "error_rate: nan is not a number from 0"),
    ("{ kind: provider, lease: 5s }", "say what changes"),
    (
      "{ kind: background-job, host: d, database: b, job: [dump, restore], lease: 5s }",
      "job: restore is none of dump, import"
    ),
    ("{ kind: stop-node, node: \"a,,b\", lease: 5s }", "node: a name is missing in a,,b"),
    ("{ kind: toxic, proxy: p, link: l, type: lag, lease: 5s }", "type: lag is not one of"),
    ("{ kind: toxic, proxy: p, link: l, type: [blackhole, latency], lease: 5s }", "latency_ms: is missing"),
    (
      "{ kind: toxic, proxy: p, link: l, type: [latency, blackhole], latency_ms: 9, lease: 5s }",
      "a blackhole toxic has none"
    ),
    (
      "{ kind: replay-puase, host: r, lease: 5s }",
      "s.yaml:1:3: kind: no such fault; did you mean `replay-pause`?; there are"
    ),
    ("{ kind: replay-pause, hots: r, lease: 5s }", "hots: replay-pause has no such parameter; did you mean `host`?"),
  ])
  func whatIsWrongIsNamed(_ text: String, _ words: String) {
    let problems = read(text).problems
    #expect(problems.contains { $0.contains(words) }, "\(problems)")
    #expect(problems.allSatisfy { $0.hasPrefix("s.yaml:1:") })
  }

  @Test func everyProblemIsReportedOnceAndAllTogether() {
    let (_, problems) = read(
      """
      kind: hold-connections
      port: 99999
      user: u
      database: [d, ""]
      password_secret: p
      count: [0, 0, 1]
      lease: 0s
      """)
    #expect(problems.count == 5, "\(problems)")
    for words in [
      "2:1: port: 99999", "1:1: host: is missing", "4:1: database: is missing", "6:1: count: 0", "7:8: lease:",
    ] {
      #expect(problems.contains { $0.contains(words) }, "\(words): \(problems)")
    }
  }

  @Test(arguments: [
    ("inject: { faults: [{ kind: replay-pause, host: r, lease: 0s }] }", "inject.faults[0].lease: must be from 1s"),
    (
      "provoke: { dwell: 5s, faults: [{ kind: replay-lag, host: r, from_ms: -1, to_ms: 5, lease: 9s }] }", "from_ms: -1"
    ),
    (
      "window: { length: 9s, faults: [{ kind: provider, capacity: 0, after: { from: 0s, to: 1s }, lasts: 1s }] }",
      "window.faults[0].capacity: 0 is not a number from 1"
    ),
    (
      "window: { length: 9s, faults: [{ kind: replay-pause, host: r, after: { from: 0s, to: 1s }, lasts: 0s }] }",
      "window.faults[0].lasts: must be more than 0s"
    ),
    (
      "window: { length: 2h, faults: [{ kind: replay-pause, host: r, after: { from: 0s, to: 1s }, lasts: 1h }] }",
      "window.faults[0].lasts: must be more than 0s, and at most 3595s"
    ),
    (
      "window: { length: 9s, faults: [{ one_of: [{ kind: replay-pause }], after: { from: 0s, to: 1s }, lasts: 1s }] }",
      "window.faults[0].one_of[0].host: is missing"
    ),
    ("scale: { service: s, to: 4, lease: 0s }", "scale.lease: must be from 1s"),
    ("window: { length: 0s, users: true }", "window.length: must be more than 0s, and at most 3600s, not `0s`"),
    ("window: { length: 3601s, users: true }", "window.length: must be more than 0s, and at most 3600s"),
    ("drain: { within: 1000h }", "drain.within: must be more than 0s"),
    ("inject: { faults: [] }", "inject.faults: must have an item"),
    ("provoke: { dwell: 5s, faults: [{ one_of: [] }] }", "one_of: must have an item"),
    ("gate: { times: 1, patience: 5s, pass: [], refuse: [{ A: 1 }] }", "gate.pass: must have an item"),
    ("gate: { times: 1, patience: 5s, pass: { A: 1 }, refuse: [{}] }", "gate.refuse[0]: must have a value"),
    (
      "window: { length: 9s, faults: [{ kind: replay-pause, host: { replica: all }, after: { from: 0s, to: 1s }, "
        + "lasts: 1s }] }", "every replica at once"
    ),
    (
      "provoke: { dwell: 5s, faults: [{ one_of: [{ kind: replay-pause, host: { replica: all }, lease: 9s }, "
        + "{ kind: replay-pause, host: r, lease: 9s }] }] }", "every replica at once"
    ),
    (
      "window: { length: 9s, faults: [{ kind: hold-row, after: { from: 0s, to: 2h }, lasts: 1s }] }",
      "after.to: must be at most 3600s, not `2h`"
    ),
    ("provoke: { dwell: 5s, faults: [{ one_of: [{ kind: replay-pause, lease: 9s }] }] }", "one_of[0].host: is missing"),
    ("inject: { faults: [{ kind: replay-pause, host: { replica: some }, lease: 5s }] }", "host.replica: must be"),
    ("alone: { service: s, patience: 1s, lease: 2h }", "alone.lease: must be from 1s"),
  ])
  func stepsAreHeldAgainstTheSameRules(_ text: String, _ words: String) {
    let problems = step(text)
    #expect(problems.contains { $0.contains("s.yaml:2:") && $0.contains(words) }, "\(problems)")
  }

  @Test(arguments: [
    ("standing:\n  - { kind: replay-lag, host: r, from_ms: 5, to_ms: 700000, lease: 60s }", "start.standing[0].to_ms"),
    ("standing:\n  - { kind: replay-pause, host: { replica: 1 }, lease: 60s }", "only a trial draws replicas"),
    ("standing:\n  - { kind: replay-pause, host: { replica: all }, lease: 60s }", "only a trial draws replicas"),
    ("damage:\n  - { kind: paused-replay, host: \"\" }", "start.damage[0].host: must not be empty"),
    ("damage:\n  - { kind: paused-replay, host: [] }", "start.damage[0].host: must have an item"),
  ])
  func soIsTheStart(_ text: String, _ words: String) {
    let problems = Problems()
    let indented = text.replacing("\n", with: "\n  ")
    _ = YAML.read("start:\n  \(indented)", file: "s.yaml", problems: problems).map {
      $0.required("start")?.map().map(StartReader.start)
    }
    #expect(problems.errors.contains { $0.description.contains(words) }, "\(problems.errors)")
  }

  /// A kind whose rules no file can fulfil would be a kind that no scenario may name.
  @Test func everyKindCanBeSaidRightly() {
    let right = [
      "background-job": "host: h, database: d, job: dump", "deadlocks": "host: h, database: d",
      "hold-connections": "host: h, port: 5432, user: u, database: d, password_secret: p, count: 5",
      "hold-row": "host: h, database: d, sku: s", "kill-node": "node: n", "pause-node": "node: [a, b]",
      "pause-process": "node: { replica: 2 }, process: p", "provider": "latency_factor: { from: 2, to: 9 }",
      "redis-expire": "host: h, pattern: \"p*\", ttl_ms: 9", "redis-flush": "host: h, pattern: \"p*\", every_ms: 10",
      "replay-lag": "host: { replica: all }, from_ms: 1, to_ms: 2", "replay-pause": "host: h",
      "scale": "service: s, to: 0", "slow-queries": "host: h, database: d, count: 2",
      "stop-node": "node: { node_of: s }",
      "toxic": "proxy: p, link: l, type: latency, latency_ms: 5",
    ]
    #expect(right.keys.sorted() == FaultKind.parameters.keys.sorted())
    for (kind, parameters) in right.sorted(by: { $0.key < $1.key }) {
      let problems = read("{ kind: \(kind), \(parameters), lease: 5s }").problems
      #expect(problems.isEmpty, "\(kind): \(problems)")
    }
  }

  @Test func aFaultOfEveryReplicaIsOneForEach() throws {
    let (read, problems) = read("{ kind: replay-lag, host: { replica: all }, from_ms: 1, to_ms: 2, lease: 5s }")
    let plan = try #require(read, "\(problems)")
    #expect(plan.expanded(over: ["b", "a"]).map(\.parameters["host"]) == [.fixed("b"), .fixed("a")])
    #expect(plan.expanded(over: ["b", "a"]).allSatisfy { $0.parameters["from_ms"] == .fixed("1") })
    #expect(plan.expanded(over: []).isEmpty)
    let one = FaultPlan(kind: "replay-pause", parameters: ["host": .replica(1)], lease: .seconds(5))
    #expect(one.expanded(over: ["b", "a"]) == [one])
  }
}
