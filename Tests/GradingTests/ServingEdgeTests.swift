import DrillCore
import Testing

@testable import Grading

/// The edges of who is asked, and what counts as an answer.
@Suite struct ServingEdgeTests {
  private let check = EveryInstanceServes(
    plan: Written.plan("every-instance-serves", Written.serving), operations: [.stock, .reserve])

  @Test(arguments: [(3.0, nil), (2.0, "instances_missing")] as [(Double, String?)])
  func asManyAsAreDemandedAreEnough(count: Double, reason: String?) {
    var history = Written.sweep()
    history.addProbe("instances", at: 0, value: count, labels: ["trial": "t"])
    #expect(check.evaluate(Written.windowed(history)).reason == reason)
  }

  /// Ten requests went out a second late, and one so late as said.
  private func refused(late: Int64, code: String, status: Int? = nil) -> Finding {
    var history = Written.sweep()
    for index in 0..<11 {
      let sent = index == 0 ? 5 + late : 5 + Written.second
      history.events.append(
        Event(
          at: sent,
          .request(
            RequestEvent(
              stream: "sweep", op: "stock", target: "i-2", scheduled: 5, sent: sent, done: sent, status: status,
              outcome: status.map { Outcome(status: $0) } ?? .unknown, code: code))))
    }
    return check.evaluate(Written.windowed(history))
  }

  @Test(
    arguments: [
      (punctual, "connect", nil, "instance_refuses"), (punctual + 1, "connect", nil, "load_not_delivered"),
      (punctual, "timeout", nil, "load_not_delivered"), (punctual, "timeout", 503, "instance_refuses"),
    ] as [(Int64, String, Int?, String)])
  func ofALateGeneratorOnlyRefusalsOnTimeAreEvidence(late: Int64, code: String, status: Int?, reason: String) {
    #expect(refused(late: late, code: code, status: status).reason == reason)
  }

  @Test(arguments: ["stock", "reserve"]) func theOperationWithoutSuccessIsNamed(op: String) {
    var history = Written.sweep()
    history.events.removeAll { if case .request(let request) = $0.kind { request.op == op } else { false } }
    history.events.removeAll { if case .sample = $0.kind { true } else { false } }
    let finding = check.evaluate(Written.windowed(history))
    #expect(finding.reason == "no_success_of_op" && finding.observed.contains("'\(op)'"))
  }

  @Test func whatIsImpossibleIsNotHeldAgainstTheFault() {
    let check = FaultTookEffect(plan: Written.plan("fault-took-effect"))
    var history = History()
    for action in ["inject", "impossible"] {
      history.addFault("restart", action, id: "a", at: 0, parameters: ["trial": "t"])
    }
    #expect(check.evaluate(history).observed == "no fault was injected")
    for action in ["inject", "verified"] {
      history.addFault("crash", action, id: "b", at: 1, parameters: ["trial": "t"])
    }
    #expect(check.evaluate(history).observed == "the fault of trial t took effect: crash")
    for action in ["inject", "verified"] {
      history.addFault("crash", action, id: "c", at: 1, parameters: ["trial": "t"])
      history.addFault("scale", action, id: "d", at: 1, parameters: ["trial": "t"])
    }
    #expect(check.evaluate(history).observed == "all 3 faults of trial t took effect: crash, scale")
  }

  @Test func aLineThatWasTriedByTheSweepIsNamed() {
    var history = History()
    history.addProbe("preflight", at: 10, value: 0, labels: ["replicas": "1", "purpose": "good"])
    history.addProbe("preflight.line", at: 20, value: 3, labels: ["provable": "true"])
    history = history.phase("t.preflight", from: 0, to: 100)
    let check = PreflightGuards(plan: Written.plan("preflight-guards"))
    let untried = check.evaluate(history)
    #expect(untried.reason == "not_tried" && untried.observed == "no instance was asked")
    for event in Written.sweep().events {
      if case .rows(let rows) = event.kind {
        history.addRows("t.edge.window.targets", at: 0, columns: rows.columns, rows.rows)
      }
      if case .request = event.kind { history.events.append(event) }
    }
    let tried = check.evaluate(history.phase("t.edge.window", from: 0, to: 10 * Written.second))
    #expect(tried.status == .met && tried.observed == "it lets 3 through, and the lab serves with that many")
  }
}

/// What the catalogue makes of a scenario.
@Suite struct CatalogueEdgeTests {
  private func scenario() throws -> Scenario { try ScenarioFile.load(ScenarioFileTests.path) }

  @Test func everyFeatureThatUsersAskForIsJudged() throws {
    var scenario = try scenario()
    scenario.load.mix = [.browse: 1, .order: 0, .orderUnknown: 5]
    let check = CheckCatalogue.check(Written.plan("every-feature-works"), of: scenario)
    #expect((check as? EveryFeatureWorks)?.operations == [.browse])
  }

  @Test func eachTrialHasASweepOfItsOwn() throws {
    var scenario = try scenario()
    var names: [String] = []
    for (index, operation) in [DrillCore.Operation.stock, .reserve].enumerated() {
      let sweep = SweepPlan(service: "inventory", rate: 1, operations: [operation], patience: .seconds(1))
      scenario.trials[index].steps = [.window(WindowStep(length: .seconds(1), users: false, sweep: sweep))]
      names.append(scenario.trials[index].name)
    }
    #expect(names.map { scenario.sweepOperations(of: $0) } == [[.stock], [.reserve]])
    #expect(scenario.sweepOperations(of: "none").isEmpty)
  }
}

/// The edges of an alert's time.
@Suite struct AlertEdgeTests {
  private let check = AlertFiresFirst(plan: Written.plan("alert-fires-first"))

  /// Something is injected at 100 and seen at 200, while one of two users is refused at 2,000,000.
  private func fires(_ state: String = "firing", at time: Int64) -> Finding {
    var history = History()
    history.addProbe("prometheus", at: 110)
    for (action, at) in [("inject", 100), ("verified", 200)] as [(String, Int64)] {
      history.addFault("hold-connections", action, at: at, parameters: ["trial": "t"])
    }
    history.add(stream: "users", op: "browse", at: 101)
    history.add(stream: "users", op: "browse", at: 1_000_000, status: 503)
    history.addProbe("alert.foundation", at: 190, text: "Filling")
    history.addAlert("Filling", state, at: time)
    return check.evaluate(history.phase("t.hold", from: 50, to: 9_000_000))
  }

  @Test(
    arguments: [
      (99, "alert_always_on"), (100, "fault_not_verified"), (199, "fault_not_verified"), (200, nil), (2_000_000, nil),
      (2_000_001, "alert_late"),
    ] as [(Int64, String?)])
  func theMomentDecides(time: Int64, reason: String?) {
    #expect(fires(at: time).reason == reason)
  }

  @Test func theTimeIsSaid() {
    #expect(fires(at: 1_999_999).observed.hasPrefix("Filling fired after 1 ms"))
  }
}
