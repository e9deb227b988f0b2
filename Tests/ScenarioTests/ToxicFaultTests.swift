import Foundation
import Testing

/// A link between two services is broken, by the console and in a grade, and is well again.
extension ScenarioTests {
  @Suite(.serialized) struct ToxicFaultTests {
    private let link = ["proxy=proxy", "link=payment"]

    @Test func aLinkIsBrokenAndHealsByItself() throws {
      let cli = try CLI(home: try TestHome())
      try cli.withLab(TestHome.scenario) {
        let lab = try ProbedLab(cli)
        let well = try lab.order()
        #expect(well.status == 201 && well.seconds < 1, "\(well)")
        try nobodyOfTheLabHoldsTheToken(lab)
        try orders(lab, areSlowUntilTheLeaseEnds: "latency_ms=1200")
        try ordersFailUntilTheFaultIsCleared(lab)
        try aKilledControllerLeavesNoToxic(lab)
        try aStalledReaderHoldsNobodyUp(lab)
        try wrongToxicsAreRefused(cli)
        try everyToxicIsSeenByTheJudge(cli)
      }
    }

    private func inject(_ cli: CLI, _ parameters: String..., lease: String = "60") throws -> CLI.Result {
      try cli.launch(["chaos", "inject", "toxic"] + link + parameters + ["--lease", lease]).wait(20)
    }

    private func isWell(_ lab: ProbedLab) throws -> Bool {
      let order = try lab.order()
      return order.status == 201 && order.seconds < 1
    }

    /// The secrets of the judge's nodes are no secrets of the lab's: neither its folder nor its shells hold them.
    private func nobodyOfTheLabHoldsTheToken(_ lab: ProbedLab) throws {
      let file = try tokenFile(lab)
      let token = try token(lab)
      #expect(token.count == 32)
      var info = stat()
      #expect(stat(file, &info) == 0 && info.st_mode & 0o777 == 0o600)
      #expect(try lab.cli.script("! grep -rq \(token) . && ! env | grep -q \(token)").status == 0)
      let url = "http://\(try lab.address("proxy-1")):8080/v1/toxics"
      #expect(try lab.http(url).status == 401)
      #expect(try lab.http(url, "-H 'Authorization: Bearer \(token)'").status == 200)
    }

    private func tokenFile(_ lab: ProbedLab) throws -> String { try lab.cli.runFolder + "/judge-secrets/proxy-token" }

    private func token(_ lab: ProbedLab) throws -> String {
      try String(contentsOfFile: tokenFile(lab), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func orders(_ lab: ProbedLab, areSlowUntilTheLeaseEnds latency: String) throws {
      let injected = Date()
      let result = try inject(lab.cli, "type=latency", latency, lease: "3")
      #expect(result.status == 0, "\(result.errors)")
      let slow = try lab.order()
      #expect(slow.seconds >= 1.2, "\(slow)")
      #expect(try lab.cli.run("chaos", "list").out.contains("link=payment"))
      try eventually(within: 4 - Date().timeIntervalSince(injected), "the lease ends") {
        try lab.http("http://\(try lab.address("proxy-1")):8081/healthz").seconds < 0.6
      }
      #expect(try isWell(lab))
      #expect(try lab.cli.run("chaos", "list").out.isEmpty)
    }

    private func ordersFailUntilTheFaultIsCleared(_ lab: ProbedLab) throws {
      let id = try inject(lab.cli, "type=refuse", "established=reset").out.trimmingCharacters(in: .newlines)
      #expect(id.hasPrefix("toxic-"))
      let order = try lab.order()
      #expect(order.status >= 500, "\(order)")
      for _ in 0..<2 { #expect(try lab.cli.run("chaos", "clear", id).status == 0) }
      // What kept away from payment for a while comes back.
      try eventually(within: 10, "orders are well again") { try isWell(lab) }
    }

    private func aKilledControllerLeavesNoToxic(_ lab: ProbedLab) throws {
      #expect(try inject(lab.cli, "type=latency", "latency_ms=900", lease: "600").status == 0)
      let url = "http://\(try lab.address("proxy-1")):8081/healthz"
      #expect(try lab.http(url).seconds >= 0.9)
      kill(try #require(Processes.withWords("controller", lab.cli.lab).first), SIGKILL)
      try eventually(within: 2, "the toxic is gone") { try lab.http(url).seconds < 0.5 }
      #expect(try lab.cli.run("chaos", "list").out.isEmpty)
    }

    /// Somebody asks for more than fits anywhere, reads nothing, and stays.
    private func aStalledReaderHoldsNobodyUp(_ lab: ProbedLab) throws {
      let python = """
        import socket, time
        s = socket.create_connection(('\(try lab.address("proxy-1"))', 8081)); s.settimeout(1)
        try:
          while True: s.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' * 100)
        except OSError: print('stalled', flush=True)
        time.sleep(60)
        """
      let reader = try lab.cli.launch(["-c", python], program: "/usr/bin/python3")
      defer { kill(reader.process.processIdentifier, SIGKILL) }
      try eventually(within: 20, "the reader is stalled") { reader.out.contains("stalled") }
      #expect(try inject(lab.cli, "type=latency", "latency_ms=500", "direction=both").status == 0)
      let begin = Date()
      #expect(try lab.cli.run("chaos", "clear").status == 0)
      let took = Date().timeIntervalSince(begin)
      print("measured: cleared in \(Int(took * 1000)) ms with a stalled reader")
      #expect(took < 1)
      // The proxy's own part of that, without the start of our program.
      let api = "http://\(try lab.address("proxy-1")):8080/v1/toxics"
      let key = "-H 'Authorization: Bearer \(try token(lab))'"
      let toxic = #"{"kind":"latency","link":"payment","latency_ms":500,"direction":"both","lease_seconds":60}"#
      let times = try (0..<5).map { _ in
        #expect(try lab.http(api, "\(key) -d '\(toxic)'").status == 201)
        let cleared = try lab.http(api, "\(key) -X DELETE")
        #expect(cleared.status == 200)
        return cleared.seconds
      }
      print("measured: the proxy itself cleared in \(times.sorted()[2]) s with a stalled reader (median)")
      #expect(times.sorted()[2] <= 0.1)
      #expect(try isWell(lab))
    }

    private func wrongToxicsAreRefused(_ cli: CLI) throws {
      for (parameters, words) in [
        (["type=lag"], "type: lag is not one of bandwidth, blackhole"),
        (["type=latency"], "latency_ms is missing"),
        (["type=latency", "latency_ms=5", "bytes=7"], "bytes: a latency toxic has none"),
        (["type=refuse", "colour=red"], "colour: toxic has no such parameter"),
      ] {
        let result = try cli.launch(["chaos", "inject", "toxic"] + link + parameters).wait(20)
        #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
      }
      let nowhere = try cli.run("chaos", "inject", "toxic", "proxy=proxy", "link=nowhere", "type=blackhole")
      let words = "link must be one of cache, database, payment"
      #expect(nowhere.status != 0 && nowhere.errors.contains(words), "\(nowhere.errors)")
      let nobody = try cli.run("chaos", "inject", "toxic", "proxy=nobody", "link=payment", "type=blackhole")
      #expect(nobody.status != 0, "\(nobody.errors)")
      #expect(try cli.run("chaos", "list").out.isEmpty)
    }

    /// A grade injects each kind of toxic, and looks for itself whether it is there.
    private func everyToxicIsSeenByTheJudge(_ cli: CLI) throws {
      let grade = try cli.json("grade", "--json")
      let evidence = try #require(grade.value["evidence"] as? String)
      let history = try String(contentsOfFile: evidence + "/history.jsonl", encoding: .utf8)
      let lines = history.split(separator: "\n").filter { $0.contains("\"toxic\"") }
      for line in lines where line.contains("verified\"") { print("measured: \(line)") }
      #expect(lines.count { $0.contains("\"verified\"") } == TestHome.toxics.count)
      #expect(!lines.contains { $0.contains("\"unverified\"") })
      #expect(try cli.run("chaos", "list").out.isEmpty)
    }
  }
}
