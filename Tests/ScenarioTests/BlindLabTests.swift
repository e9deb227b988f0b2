import Foundation
import TestFiles
import Testing

/// A blind lab, from the first look to the post-mortem: nothing in it names the failure.
extension SideBySideTests {
  @Suite(.serialized) struct BlindLabTests {
    /// What the scenario is called, in the words of its files.
    private static let words = ["stale-reads", "stale_reads", "stale read", "StaleRead", "OrderNotFound", "replay-lag"]

    @Test func aBlindLabIsWatchedAndToldOfWithoutTheAnswer() throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      let start = try cli.run("start", "stale-reads", "--seed", "7", "--blind", timeout: 60)
      try #require(start.status == 0, "\(start.errors)")
      // Its title is the symptom, and so a word of the answer: a blind lab has a number.
      #expect(!start.out.contains("# The order that was just placed is not found"))
      try whatIsSeenSaysNothing(cli, start.out)
      try itIsWatched(cli)
      try theRunbookIsRefused(cli)
      let evidence = try aGradeSaysNothing(cli)
      try anAlertFires(cli)
      try aPostMortemIsBegun(cli)
      try nothingIn(cli, "the lab's folder after all of it")
      try theEvidenceComesWithTheAnswer(cli, evidence)
      try theEvidenceComesWithTheEnd(cli, (evidence as NSString).lastPathComponent)
      try itsStoryGoesOn(cli)
    }

    /// The others, as they stand when they have just been started: files, processes, figures, logs, tables.
    @Test(arguments: ["cache-stampede", "deadlock", "one-bad-instance", "retry-storm", "silent-replica"])
    func noBlindLabNamesItsFailure(scenario: String) throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      let file = try String(contentsOfFile: "\(Repository.root)/Chaos/\(scenario)/scenario.yaml", encoding: .utf8)
      let title = try #require(file.firstMatch(of: /(?m)^title: (.*)$/).map { String($0.1) })
      let checks = file.matches(of: /(?m)^  - { id: ([a-z-]+)/).map { String($0.1) }
      let start = try cli.run("start", scenario, "--seed", "7", "--blind", "--unseen", timeout: 60)
      try #require(start.status == 0, "\(start.errors)")
      let guardian = try #require(Processes.withWords("guardian", cli.lab).first)
      let own = Set(Processes.children(of: guardian))
      let looks = try [
        "the console": start.out + start.errors, "the brief": cli.run("brief").out,
        "the nodes": cli.run("status", "--all").out + cli.run("status", "--json").out,
        "the files": cli.script("grep -rI '' --exclude-dir=secrets .").out,
        "what nodes know": cli.script("env; cat /etc/hosts").out,
        "the processes": Processes.all.filter { own.contains($0.pid) }.map { $0.line.joined(separator: " ") }
          .joined(separator: "\n"),
        "the figures": cli.script(
          "for s in gateway inventory order payment; do curl -s --max-time 5 http://$s:8080/metrics; done"
        ).out,
        "the logs": cli.script(
          "for n in gateway order payment inventory-1 postgres redis; do firedrill logs $n --lines 500; done"
        ).out,
        "the tables": cli.script(
          """
          for node in postgres inventory-db; do for base in orders inventory payments; do
            firedrill psql $node -- -d $base -Atc \
              "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace" 2>/dev/null
          done; done; true
          """
        ).out,
      ]
      #expect(checks.count > 10)
      for (place, text) in looks.sorted(by: { $0.key < $1.key }) {
        #expect(text.count > 20, "\(place)")
        for word in [scenario, scenario.replacing("-", with: "_"), title] + checks {
          // A setting of every Postgres has a scenario's name in its own.
          let lines = text.replacing("deadlock_timeout", with: "").split(separator: "\n")
          let line = lines.first { $0.contains(word) } ?? ""
          #expect(line.isEmpty, "\(place): \(line)")
        }
      }
    }

    /// Every file that a trainee has, what Firedrill keeps beside them included.
    private func nothingIn(_ cli: CLI, _ what: Comment) throws {
      let files = try cli.script("grep -rI '' --exclude-dir=secrets .").out
      #expect(files.contains(".firedrill/lab.json:") && files.contains("./BRIEF.md:"), what)
      for word in Self.words {
        let line = files.split(separator: "\n").first { $0.contains(word) } ?? ""
        #expect(line.isEmpty, "\(what): \(line)")
      }
    }

    /// What `ps` shows, and what is called after the lab's nodes.
    private func processesSayNothing(_ cli: CLI) throws {
      let guardian = try #require(Processes.withWords("guardian", cli.lab).first)
      var lines: [String] = []
      // The fault that this lab has all the time comes back some seconds after the symptom was looked for.
      try eventually(within: 30, "a fault is there") {
        let own = Set(Processes.children(of: guardian))
        lines = Processes.all.filter { own.contains($0.pid) }.map { $0.line.joined(separator: " ") }
        return lines.contains { $0.contains("fault-worker") }
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: cli.runFolder)
      #expect(names.contains { $0.hasPrefix("fault-") && $0.hasSuffix(".log") }, "\(names)")
      for word in Self.words { #expect(!(lines + names).contains { $0.contains(word) }, "\(word)") }
    }

    private func whatIsSeenSaysNothing(_ cli: CLI, _ brief: String) throws {
      let looks = try [
        cli.run("status", "--all").out, cli.run("status", "--json").out, cli.run("changes").out,
        cli.script("env; cat /etc/hosts").out,
        cli.script("for s in gateway inventory order payment; do curl -s --max-time 5 http://$s:8080/metrics; done")
          .out,
        cli.script(
          """
          firedrill psql postgres -- -d orders -Atc \
            "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
          """
        ).out,
      ]
      for look in looks {
        #expect(look.count > 20)
        for word in Self.words { #expect(!look.contains(word), "\(word)") }
      }
      try nothingIn(cli, "the lab's folder")
      try processesSayNothing(cli)
      #expect(!brief.contains("stale"))
      // The contract is whole but for what only describes the failure anew.
      #expect(brief.contains("- Mitigated:") && !brief.contains("- Prevented:"), "\(brief)")
      #expect(try cli.run("brief").out.contains("`firedrill brief --prevented`"))
      let whole = try cli.run("brief", "--prevented").out
      #expect(whole.hasPrefix("# incident-") && whole.contains("- Prevented:"), "\(whole)")
      #expect(try cli.run("status").out.hasPrefix("incident-"))
    }

    private func itIsWatched(_ cli: CLI) throws {
      let seen = try cli.script("printf 'hcq' | firedrill watch --plain")
      #expect(seen.status == 0, "\(seen.errors)")
      // Once at the beginning, once when asked.
      #expect(seen.out.components(separatedBy: "the symptom shows: ").count == 3, "\(seen.out)")
      #expect(seen.out.contains("1. Place an order"))
      let repaired = try cli.script(
        """
        seen=$(mktemp)
        # Typing nothing until it has seen the repair, a minute at most.
        (timeout 60 sh -c "until grep -q 'was not seen' $seen; do sleep 0.1; done"; printf q) |
          firedrill watch --plain >"$seen" & watch=$!
        timeout 30 sh -c "until grep -q 'the symptom' $seen; do sleep 0.1; done"
        sed -i 's/^ORDER_READ_YOUR_WRITES=.*/ORDER_READ_YOUR_WRITES=lsn-token/' .env
        timeout 30 sh -c "until grep -q 'changed: ' $seen; do sleep 0.1; done"
        firedrill apply --plain
        wait $watch
        cat "$seen"
        rm "$seen"
        """)
      #expect(repaired.out.contains("changed: .env"), "\(repaired.out)")
      #expect(repaired.out.contains("the symptom was not seen: "), "\(repaired.out) \(repaired.errors)")
    }

    private func theRunbookIsRefused(_ cli: CLI) throws {
      let refused = try cli.run("runbook")
      #expect(refused.status == 64 && refused.errors.contains("--reveal"), "\(refused.errors)")
      #expect(try cli.run("runbook", "--run", "x").status == 64)
      for word in Self.words { #expect(!refused.errors.contains(word) && !refused.out.contains(word)) }
    }

    /// - Returns: where the evidence lies.
    private func aGradeSaysNothing(_ cli: CLI) throws -> String {
      let junit = cli.lab + "-junit.xml"
      let graded = try cli.run("grade", "--json", "--junit", junit)
      let verdict = try JSONSerialization.jsonObject(with: Data(graded.out.utf8)) as? [String: Any]
      let evidence = try #require(verdict?["evidence"] as? String, "\(graded.out) \(graded.errors)")
      // The scenario itself is part of the evidence, and its history names every fault.
      #expect(!evidence.hasPrefix(cli.lab) && !FileManager.default.fileExists(atPath: cli.lab + "/.evidence"))
      let folder = (evidence as NSString).deletingLastPathComponent
      #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
      let explained = try cli.run("regrade", evidence, "--explain")
      #expect(explained.status == graded.status, "\(explained.errors)")
      let looks = [graded.out, graded.errors, explained.out, try String(contentsOfFile: junit, encoding: .utf8)]
      for look in looks {
        #expect(look.count > 20)
        for word in Self.words { #expect(!look.contains(word), "\(word): \(look.prefix(4000))") }
      }
      #expect(graded.errors.contains("injecting a fault"), "\(graded.errors)")
      #expect(graded.out.contains("incident-") && explained.out.contains("the lab is blind"))
      return evidence
    }

    /// A rule of the trainee's, outside of any grade.
    private func anAlertFires(_ cli: CLI) throws {
      let seen = try cli.script(
        """
        printf '%s\\n' 'groups:' '  - name: own' '    rules:' '      - alert: TheShopIsThere' '        expr: up == 1' \
          >prometheus/rules/own.yml
        # For two seconds or more.
        query='count_over_time(ALERTS{alertname="TheShopIsThere",alertstate="firing"}[1m]) >= 3'
        until curl -s --max-time 5 -G --data-urlencode "query=$query" prometheus:9090/api/v1/query | grep -q '"value"'
        do sleep 0.2; done
        """, timeout: 60)
      #expect(seen.status == 0, "\(seen.errors)")
    }

    private func aPostMortemIsBegun(_ cli: CLI) throws {
      let first = try cli.run("postmortem")
      #expect(first.status == 0, "\(first.errors)")
      let text = try String(contentsOfFile: cli.lab + "/postmortem.md", encoding: .utf8)
      #expect(text.hasPrefix("# Post-mortem: incident-"))
      #expect(text.contains("+ORDER_READ_YOUR_WRITES=lsn-token"))
      // The grade's evidence lies elsewhere.
      for word in ["grade ends: ", "hint 1 of 4", "ORDER_READ_YOUR_WRITES none -> lsn-token", "TheShopIsThere fires"] {
        #expect(text.contains(word), "\(text)")
      }
      let moments = text.split(separator: "\n").filter { $0.hasPrefix("- 2") }
      #expect(moments.first?.hasSuffix("the fault: from here on the shop is broken") == true, "\(text)")
      #expect(moments.dropFirst().first?.contains("first harm to users") == true, "\(text)")
      let second = try cli.run("postmortem")
      #expect(second.status == 64 && second.errors.contains("--force"), "\(second.errors)")
      #expect(try cli.run("postmortem", "--force", "--scale", "0").status == 64)
    }

    private func theEvidenceComesWithTheAnswer(_ cli: CLI, _ evidence: String) throws {
      let revealed = try cli.run("runbook", "--reveal")
      #expect(revealed.out.contains("stale-reads"))
      let place = "\(cli.lab)/.evidence/\((evidence as NSString).lastPathComponent)"
      #expect(!FileManager.default.fileExists(atPath: evidence))
      #expect(try String(contentsOfFile: place + "/scenario.yaml", encoding: .utf8).contains("stale-reads"))
      #expect(try cli.run("regrade", place).out.contains(" required\n"))
      #expect(try cli.run("postmortem", "--force").status == 0)
      let text = try String(contentsOfFile: cli.lab + "/postmortem.md", encoding: .utf8)
      for word in ["grade ends: ", "runbook read"] { #expect(text.contains(word), "\(text)") }
    }

    private func theEvidenceComesWithTheEnd(_ cli: CLI, _ name: String) throws {
      let kept = try cli.runFolder + ".evidence"
      try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: "\(cli.lab)/.evidence/\(name)", toPath: kept + "/again")
      // Who stops a lab to go on with it later has not asked what it is.
      let stopped = try cli.run("stop")
      #expect(stopped.status == 0 && stopped.errors.contains("--reveal"), "\(stopped.errors)")
      #expect(FileManager.default.fileExists(atPath: kept + "/again"))
      #expect(!FileManager.default.fileExists(atPath: cli.lab + "/.evidence/again"))
      #expect(try cli.run("runbook", "--reveal").status == 0)
      #expect(try cli.run("regrade", cli.lab + "/.evidence/again").out.contains(" required\n"))
      #expect(!FileManager.default.fileExists(atPath: kept))
    }

    private func itsStoryGoesOn(_ cli: CLI) throws {
      let again = try cli.run("start", "--continue", timeout: 60)
      #expect(again.status == 0 && again.out.hasPrefix("# incident-"), "\(again.errors)")
      #expect(try cli.run("postmortem", "--force").status == 0)
      let text = try String(contentsOfFile: cli.lab + "/postmortem.md", encoding: .utf8)
      for word in ["the fault: ", "first harm to users", "hint 1 of 4", "grade ends: ", "continued: the stopped lab"] {
        #expect(text.contains(word), "\(text)")
      }
    }
  }
}
