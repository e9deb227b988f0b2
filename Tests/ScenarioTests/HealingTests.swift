import Foundation
import Testing

/// Every kind of fault heals when the controller is killed with -9, in whatever phase of its injection. A new kind
/// needs a line in `kinds`, and without one a test fails.
extension ScenarioTests {
  @Suite(.serialized) struct HealingTests {
    /// A fault of one kind, and how somebody sees it who asks neither guardian nor controller.
    struct Kind: Sendable {
      var name: String
      var parameters: [String]
      /// A process of its own carries it out.
      var hasWorker = true
      /// How long it may take until it is gone: lease + 1 s are promised, and no lease is shorter than 1 s.
      var within = 2.0
      var isGone: @Sendable (ProbedLab) throws -> Bool
    }

    enum Phase: String, CaseIterable {
      /// The journal has it, and nothing is done yet.
      case written
      /// Its worker has been started, and has not said that the fault is there.
      case working
      /// The console has said that the fault is there.
      case there
      /// It is being cleared, or is about to be, or just was: its end alone shows from outside.
      case clearing

      /// How long after its begin it is hit, in microseconds: drawn, so that what takes some milliseconds to start or
      /// to end is hit anywhere. While clearing it is tried early, in between and late: one try alone may well come
      /// before the order or after all is done.
      var delays: [UInt32] {
        let ranges: [ClosedRange<UInt32>] =
          self == .clearing ? [10_000...25_000, 25_000...40_000, 40_000...55_000] : [0...40_000]
        return ranges.map { .random(in: $0) }
      }
    }

    static let kinds: [Kind] = [
      Kind(name: "stop-node", parameters: ["node=redis"], hasWorker: false, isGone: redisAnswers),
      Kind(name: "kill-node", parameters: ["node=redis"], hasWorker: false, isGone: redisAnswers),
      Kind(name: "pause-node", parameters: ["node=redis"], hasWorker: false, isGone: redisAnswers),
      Kind(name: "pause-process", parameters: ["node=postgres-replica", "process=walreceiver"], hasWorker: false) {
        try $0.replicaFollows()
      },
      // Nodes end gracefully, and that takes them what it takes.
      Kind(name: "scale", parameters: ["service=inventory", "to=4"], hasWorker: false, within: 5) {
        try $0.nodes(with: ["fleet", "inventory"]) == 2
      },
      Kind(
        name: "hold-connections",
        parameters: [
          "host=postgres", "port=5432", "user=postgres", "database=postgres", "password_secret=postgres-password",
          "count=5",
        ]
      ) { try $0.sessions("held") == 0 },
      Kind(name: "replay-pause", parameters: ["host=postgres-replica"]) { try $0.replicaFollows() },
      Kind(name: "replay-lag", parameters: ["host=postgres-replica", "from_ms=900", "to_ms=1000"]) {
        try $0.replicaFollows()
      },
      Kind(name: "redis-flush", parameters: ["host=redis", "pattern=heal-*", "every_ms=20"]) { lab in
        _ = try lab.redis("SET heal-me 1")
        usleep(150_000)
        return try lab.redis("GET heal-me") == "1"
      },
      Kind(name: "hold-row", parameters: ["host=postgres", "database=inventory", "sku=SKU-0007"]) {
        try $0.sql("SELECT 1 FROM inventory.stock WHERE sku = 'SKU-0007' FOR UPDATE NOWAIT", database: "inventory")
          == "1"
      },
      // They meet again and again, with pauses of 700 ms.
      Kind(name: "deadlocks", parameters: ["host=postgres", "database=inventory"], within: 4) { lab in
        for _ in 0..<10 {
          if try lab.sessions("other") > 0 { return false }
          usleep(80_000)
        }
        return true
      },
      Kind(name: "provider", parameters: ["latency_ms=700"]) { lab in
        let url = "http://\(try lab.address("provider")):8080/v1/charges"
        let reply = try lab.http(
          url,
          "-H 'Content-Type: application/json' -H 'Idempotency-Key: \(UUID().uuidString)' -d '{\"amount_cents\":0}'")
        return (200..<300).contains(reply.status) && reply.seconds < 0.5
      },
      Kind(name: "toxic", parameters: ["proxy=proxy", "link=payment", "type=latency", "latency_ms=700"]) { lab in
        let reply = try lab.http("http://\(try lab.address("proxy-1")):8081/healthz")
        return reply.status == 200 && reply.seconds < 0.5
      },
      Kind(name: "redis-expire", parameters: ["host=redis", "pattern=heal-*", "ttl_ms=50"]) { lab in
        _ = try lab.redis("SET heal-me 1")
        usleep(250_000)
        return try lab.redis("GET heal-me") == "1"
      },
      Kind(name: "slow-queries", parameters: ["host=postgres", "database=inventory", "count=2"]) {
        try $0.sessions("report") == 0
      },
      Kind(name: "background-job", parameters: ["host=postgres", "database=inventory", "job=dump"]) {
        try $0.sessions("job") == 0
      },
      // A line a kind: add yours above.
    ]

    @Test func everyKindHasALine() throws {
      let help = try CLI().run("chaos", "inject", "--help").out
      let known = help.split(separator: "\n").compactMap { line in
        line.firstMatch(of: #/^ *([a-z][a-z-]*): /#).map { String($0.1) }
      }
      #expect(known.sorted() == Self.kinds.map(\.name).sorted())
    }

    @Test func everyKindHealsWhateverTheControllerWasDoing() throws {
      let home = try TestHome()
      let cli = try CLI(home: home)
      try cli.withLab(TestHome.scenario) {
        let lab = try ProbedLab(cli)
        for kind in Self.kinds {
          #expect(try kind.isGone(lab), "\(kind.name) is there before anybody has injected it")
          for phase in Phase.allCases where kind.hasWorker || phase != .working {
            for delay in phase.delays {
              let begin = Date()
              try heals(kind, phase, after: delay, lab)
              print("measured: \(kind.name), \(phase.rawValue): \(Int(Date().timeIntervalSince(begin) * 1000)) ms")
            }
          }
        }
      }
    }

    func heals(_ kind: Kind, _ phase: Phase, after delay: UInt32 = 0, _ lab: ProbedLab) throws {
      let comment = Comment(rawValue: "\(kind.name), killed when \(phase.rawValue), after \(delay) us")
      #expect(try lab.cli.run("chaos", "list").out.isEmpty, comment)
      // How slow the machine is now: ending a process and seeing it is the work of some such looks.
      let looked = Date()
      #expect(try kind.isGone(lab), comment)
      let look = Date().timeIntervalSince(looked)
      let controller = try #require(Processes.withWords("controller", lab.cli.lab).first)
      let journal = try lab.cli.runFolder + "/journal.jsonl"
      let before = size(of: journal)
      let inject = try lab.cli.launch(["chaos", "inject", kind.name] + kind.parameters + ["--lease", "600"])
      switch phase {
      case .written:
        try poll("the journal has it; \(comment)") { size(of: journal) > before }
      case .working:
        try poll("the journal has it; \(comment)") { size(of: journal) > before }
        let name = try #require(try lab.lastFault())
        let log = try lab.cli.runFolder + "/\(name).log"
        try poll("the worker has a log; \(comment)") { FileManager.default.fileExists(atPath: log) }
        let due = Date().addingTimeInterval(Double(delay) / 1e6)
        while Date() < due, size(of: log) == 0 { usleep(100) }
      case .there, .clearing:
        let result = try inject.wait(20)
        #expect(result.status == 0, "\(comment): \(result.errors)")
        // It must be seen, or its end would say nothing.
        try eventually(within: 5, "the fault is there; \(comment)") { try !kind.isGone(lab) }
      }
      var clear: Launched?
      if phase == .clearing {
        clear = try lab.cli.launch(["chaos", "clear"])
        usleep(delay)
      }
      kill(controller, SIGKILL)
      let killed = Date()
      try eventually(within: 15, "it is gone; \(comment)") { try kind.isGone(lab) }
      let took = Date().timeIntervalSince(killed)
      // Docker takes a while to start a container, and to let one go.
      let within = kind.within + (lab.cli.engine == "compose" ? 3 : 0)
      #expect(took <= within + 8 * max(0, look - 0.3), comment)
      try eventually(within: 6, "its worker has ended; \(comment)") { try lab.nodes(with: ["fault-worker"]) == 0 }
      // Whatever they make of it, they don't wait for ever.
      if phase == .written || phase == .working { _ = try inject.wait(20) }
      _ = try clear?.wait(20)
      #expect(try lab.cli.run("chaos", "list").out.isEmpty, comment)
      #expect(try kind.isGone(lab), comment)
    }

    /// Quicker than `eventually`: what is waited for is over after milliseconds.
    private func poll(_ what: String, _ condition: () throws -> Bool) throws {
      let deadline = Date().addingTimeInterval(10)
      while try !condition() {
        try #require(Date() < deadline, "waited in vain until \(what)")
        usleep(200)
      }
    }

    private func size(of path: String) -> Int64 {
      var info = stat()
      return stat(path, &info) == 0 ? Int64(info.st_size) : 0
    }

    private static let redisAnswers: @Sendable (ProbedLab) throws -> Bool = { try $0.redis("PING") == "PONG" }
  }
}

extension ProbedLab {
  /// How many of the lab's nodes run a command with these words.
  func nodes(with words: [String]) throws -> Int {
    let guardian = try #require(Processes.withWords("guardian", cli.lab).first)
    let nodes = cli.engine == "compose" ? try containers() : Processes.children(of: guardian)
    return nodes.count { pid in
      let line = (FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()).split(separator: 0)
        .map { String(decoding: $0, as: UTF8.self) }
      return words.allSatisfy(line.contains)
    }
  }

  /// The first process of each of the lab's containers, as Docker knows them.
  func containers() throws -> [Int32] {
    let filter = "label=firedrill.run=\(try cli.runFolder)"
    return try shell("docker ps --quiet --filter '\(filter)' | xargs -r docker inspect --format '{{.State.Pid}}'")
      .split(separator: "\n").compactMap { Int32($0) }
  }

  /// How many sessions of that name Postgres has; -1 when it does not say.
  func sessions(_ name: String) throws -> Int {
    Int(try sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)'")) ?? -1
  }

  /// The fault that the journal's last line has injected.
  func lastFault() throws -> String? {
    struct Line: Decodable {
      struct Fault: Decodable { var id: String }
      var injected: Fault?
    }
    let text = try String(contentsOfFile: try cli.runFolder + "/journal.jsonl", encoding: .utf8)
    let last = text.split(separator: "\n").last.map { Data($0.utf8) }
    return last.flatMap { try? JSONDecoder().decode(Line.self, from: $0) }?.injected?.id
  }
}
