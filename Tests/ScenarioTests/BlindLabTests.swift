import Foundation
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
      try theRunbookIsAskedForTwice(cli)
      try aGradeSaysNothing(cli)
      try aPostMortemIsBegun(cli)
    }

    private func whatIsSeenSaysNothing(_ cli: CLI, _ brief: String) throws {
      let looks = try [
        cli.run("status", "--all").out, cli.run("status", "--json").out, cli.run("changes").out,
        cli.script("env; cat /etc/hosts; grep -rI '' --exclude-dir=.firedrill --exclude-dir=secrets .").out,
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
      #expect(!brief.contains("stale"))
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

    private func theRunbookIsAskedForTwice(_ cli: CLI) throws {
      let refused = try cli.run("runbook")
      #expect(refused.status == 64 && refused.errors.contains("--reveal"), "\(refused.errors)")
      #expect(try cli.run("runbook", "--run", "x").status == 64)
      for word in Self.words { #expect(!refused.errors.contains(word) && !refused.out.contains(word)) }
      #expect(try cli.run("runbook", "--reveal").out.contains("stale-reads"))
    }

    private func aGradeSaysNothing(_ cli: CLI) throws {
      let graded = try cli.run("grade", "--json", "--evidence", cli.lab + "-evidence")
      let explained = try cli.run("regrade", cli.lab + "-evidence", "--explain")
      // The scenario itself is part of the evidence, and of what judges it; nothing that people read names it.
      let summary = try cli.script("cd '\(cli.lab)-evidence' && grep -r '' --exclude=scenario.yaml .")
      for look in [graded.out, graded.errors, explained.out, summary.out] {
        #expect(look.count > 20)
        for word in ["stale-reads", "stale_reads"] { #expect(!look.contains(word), "\(look.prefix(2000))") }
      }
      #expect(graded.out.contains("incident-") && explained.out.contains("the lab is blind"))
    }

    private func aPostMortemIsBegun(_ cli: CLI) throws {
      let first = try cli.run("postmortem")
      #expect(first.status == 0, "\(first.errors)")
      let text = try String(contentsOfFile: cli.lab + "/postmortem.md", encoding: .utf8)
      #expect(text.hasPrefix("# Post-mortem: incident-"))
      #expect(text.contains("+ORDER_READ_YOUR_WRITES=lsn-token"))
      // The grade's evidence lies elsewhere.
      for word in ["grade ends: ", "runbook read", "hint 1 of 4", "ORDER_READ_YOUR_WRITES none -> lsn-token"] {
        #expect(text.contains(word), "\(text)")
      }
      #expect(!text.contains("stale-reads"))
      let second = try cli.run("postmortem")
      #expect(second.status == 64 && second.errors.contains("--force"), "\(second.errors)")
      #expect(try cli.run("postmortem", "--force", "--scale", "0").status == 64)
    }
  }
}
