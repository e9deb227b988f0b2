import Foundation
import Testing

/// kill -9 at whatever moment of the demo: the moment is drawn anew each time, and named when something fails.
extension ScenarioTests {
  @Suite(.serialized) struct AnyMomentTests {
    enum Victim: String, CaseIterable { case console, controller, guardian }

    @Test(arguments: Victim.allCases)
    func aDeathInTheDemoLeavesNothingThatStopDoesNotEnd(_ victim: Victim) throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      let moment = Double.random(in: 0.3...40)
      let comment = Comment(rawValue: "\(victim) killed \(moment) s after the demo began")
      let demo = try cli.launch(["demo", "--lab", cli.lab])
      let due = Date().addingTimeInterval(moment)
      while Date() < due, demo.process.isRunning { usleep(10_000) }

      let guardian = Processes.withWords("guardian", cli.lab).first
      let nodes = guardian.map(Processes.children) ?? []
      let pid =
        switch victim {
        case .console: demo.process.isRunning ? demo.process.processIdentifier : nil
        case .controller: Processes.withWords("controller", cli.lab).first
        case .guardian: guardian
        }
      if let pid { kill(pid, SIGKILL) }
      switch victim {
      case .guardian:
        try eventually(within: 5, "every node has ended; \(comment)") { !nodes.contains(where: Processes.isAlive) }
      case .controller:
        // The fleet outlives it: whatever ends it now is the demo, which gives up and tidies.
        if let guardian, pid != nil, demo.process.isRunning {
          #expect(Processes.isAlive(guardian) || !demo.process.isRunning, comment)
        }
      case .console:
        // Whoever killed the console did not mean the fleet.
        if let guardian, pid != nil { #expect(Processes.isAlive(guardian), comment) }
      }
      _ = try demo.wait(120)

      // Only a lab that got as far as having a state can be stopped; one that did not has left nothing.
      if FileManager.default.fileExists(atPath: cli.lab + "/.firedrill/lab.json") {
        let run = try cli.runFolder
        let stopped = try cli.run("stop")
        #expect(stopped.status == 0, "\(comment): \(stopped.errors)")
        #expect(CLI.isGone(run), comment)
      }
      #expect(!nodes.contains(where: Processes.isAlive), comment)
      #expect(Processes.withWords("guardian", cli.lab).isEmpty, comment)
      #expect(Processes.withWords("controller", cli.lab).isEmpty, comment)
    }
  }
}
