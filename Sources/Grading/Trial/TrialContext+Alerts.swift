import Clients
import DrillCore
import Engine
import Load
import Probes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// Prevention, first half: the lab's alerts, at rest and while connections are taken away.
extension TrialContext {
  private static let poll: Duration = .milliseconds(250)

  func prometheus() async throws -> PrometheusProbe {
    let node = try await node(of: "prometheus")
    return PrometheusProbe(http: http, base: "http://\(node.address):9090")
  }

  /// Asks for the alerts once, records those whose state changed, and gives the names of those that fire.
  private func lookAtAlerts(_ prometheus: PrometheusProbe, known: inout [String: String]) async -> Set<String>? {
    do {
      let alerts = try await prometheus.alerts()
      probe("prometheus", ok: true)
      var now: [String: String] = [:]
      for alert in alerts where now[alert.name] != "firing" { now[alert.name] = alert.state }
      for (name, state) in now.sorted(by: { $0.key < $1.key }) where known[name] != state {
        let severity = alerts.first { $0.name == name }?.labels["severity"]
        recorder.record(.alert(AlertEvent(name: name, state: state, severity: severity)))
      }
      for name in known.keys.sorted() where now[name] == nil {
        recorder.record(.alert(AlertEvent(name: name, state: "inactive")))
      }
      known = now
      return Set(now.filter { $0.value == "firing" }.keys)
    } catch {
      probe("prometheus", ok: false, text: "\(error)", labels: ["dead": "true"])
      return nil
    }
  }

  /// An alert that follows the clock and is on for a tenth of the time stays unseen once in 500 grades.
  private static let emptyMoments = 60
  /// The users are at work for so long before connections are taken away.
  private static let usersFirst: Duration = .seconds(4)

  /// What is usual for a rule to look back over: an alert about what this grade itself did before may stand for so much
  /// longer.
  private static let aftermath: Duration = .seconds(60)

  /// With users at work: waits, bounded, until no alert has been about for three seconds. For alerts without any figure
  /// of the shop nobody waits.
  func rest(_ step: RestStep, trial: String) async throws {
    let prometheus = try await prometheus()
    let name = "\(trial).rest"
    let length = max(step.within, Self.usersFirst)
    let users = try await users(for: length + Self.aftermath + .seconds(2), phase: name)
    progress("waiting until the lab's alerts are silent, with users at work")
    await recorder.phase(name) {
      let stop = StopFlag()
      async let load: Void = work(users, stop: stop)
      let begin = ContinuousClock.now
      var known: [String: String] = [:]
      var quietSince: ContinuousClock.Instant?
      var founded: [String: Bool] = [:]
      while ContinuousClock.now - begin < length + Self.aftermath, !Task.isCancelled {
        _ = await lookAtAlerts(prometheus, known: &known)
        let now = ContinuousClock.now
        quietSince = known.isEmpty ? quietSince ?? now : nil
        if now - begin >= Self.usersFirst {
          if let quietSince, now - quietSince >= .seconds(3) { break }
          for alert in known.keys where founded[alert] == nil {
            founded[alert] = (try? await hasFoundation(alert, prometheus)) ?? true
          }
          if !known.isEmpty, !known.keys.contains(where: { founded[$0] != false }) { break }
        }
        try? await Task.sleep(for: Self.poll)
      }
      stop.set()
      await load
      await lookBack(known.keys.filter { founded[$0] != false }.sorted(), prometheus)
      return known.isEmpty ? nil : "\(listed(Array(known.keys))) is still about"
    }
  }

  /// Takes connections away step by step until a new alert fires or all steps are done.
  func hold(_ step: HoldStep, trial: String) async throws {
    guard let database = memory.database(step.service), let node = memory.databaseNode(step.service) else {
      throw GradingError("the database of \(step.service) was not found")
    }
    let name = "\(trial).hold"
    let prometheus = try await prometheus()
    let users = try await users(for: step.dwell * (step.shares.count + 1), phase: name)
    await recorder.phase(name) {
      let stop = StopFlag()
      async let load: Void = work(users, stop: stop)
      var known: [String: String] = [:]
      _ = await lookAtAlerts(prometheus, known: &known)
      let before = AlertHold.standing(recorder.history, until: recorder.now)
      for share in step.shares where !Task.isCancelled {
        await take(share, of: database, node: node, step: step, trial: trial)
        let deadline = ContinuousClock.now + step.dwell
        while ContinuousClock.now < deadline, !stop.isSet, !Task.isCancelled {
          let firing = await lookAtAlerts(prometheus, known: &known) ?? []
          if !firing.subtracting(before).isEmpty { stop.set() }
          try? await Task.sleep(for: Self.poll)
        }
        if stop.isSet { break }
      }
      stop.set()
      await load
      await lookAtFoundations(known, before, prometheus)
      return nil
    }
    await clearFaults()
  }

  /// Injects the step's faults and watches until a new alert fires, at most for its time. Recorded as `TRIAL.hold`.
  func provoke(_ step: ProvokeStep, trial: String) async throws {
    await locateDatabases(trial: trial)
    let name = "\(trial).hold"
    let prometheus = try await prometheus()
    let users = try await users(for: step.dwell + .seconds(8), phase: name)
    try await recorder.phase(name) {
      let stop = StopFlag()
      async let load: Void = work(users, stop: stop)
      var known: [String: String] = [:]
      _ = await lookAtAlerts(prometheus, known: &known)
      let before = AlertHold.standing(recorder.history, until: recorder.now)
      do {
        try await inject(step.faults, trial: trial)
      } catch {
        stop.set()
        await load
        throw error
      }
      let deadline = ContinuousClock.now + step.dwell
      while ContinuousClock.now < deadline, !Task.isCancelled {
        let firing = await lookAtAlerts(prometheus, known: &known) ?? []
        if !firing.subtracting(before).isEmpty { break }
        try? await Task.sleep(for: Self.poll)
      }
      stop.set()
      await load
      await lookAtFoundations(known, before, prometheus)
      return nil
    }
    await clearFaults()
  }

  private func lookAtFoundations(
    _ known: [String: String], _ before: Set<String>, _ prometheus: PrometheusProbe
  ) async {
    let firing = Set(known.filter { $0.value == "firing" }.keys).subtracting(before)
    for alert in firing.sorted() { await lookAtFoundation(of: alert, prometheus) }
  }

  /// An alert about the shop needs figures of the shop. At a time of which there are none it has nothing to fire for;
  /// one that does follows the clock, or always fires.
  private func lookAtFoundation(of alert: String, _ prometheus: PrometheusProbe) async {
    do {
      probe("alert.foundation", ok: try await hasFoundation(alert, prometheus), text: alert)
    } catch {
      dead("alert.foundation", error, labels: ["alert": alert])
    }
  }

  private func hasFoundation(_ alert: String, _ prometheus: PrometheusProbe) async throws -> Bool {
    var random = SeededRandom(seed: seed, name: "foundation.\(alert)")
    let now = Date().timeIntervalSince1970
    // Weeks ahead, at any second of the day.
    let times = (0..<Self.emptyMoments).map { _ in now + Double(1_000_000 + random.below(1_000_000)) }
    for expression in try await prometheus.expressions(of: alert) {
      for time in times where try await !prometheus.query(expression, at: time).isEmpty { return false }
    }
    return true
  }

  /// Records which of the alerts that stand now did not when the grade began: an earlier trial may have brought them
  /// about, and a right rule may look back for long.
  private func lookBack(_ alerts: [String], _ prometheus: PrometheusProbe) async {
    let begin = Date().timeIntervalSince1970 - Double(recorder.now) / 1e9
    for alert in alerts {
      do {
        let name = alert.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let stood = try await !prometheus.query("ALERTS{alertname=\"\(name)\"}", at: begin).isEmpty
        probe("alert.before", ok: !stood, text: alert)
      } catch {
        dead("alert.before", error, labels: ["alert": alert])
      }
    }
  }

  private func work(_ stream: Load.Stream?, stop: StopFlag) async {
    _ = await stream?.run(with: load, recorder: recorder, stop: stop)
  }

  /// Brings the connections in use to `share` of what ordinary roles may open, and verifies it in `pg_stat_activity`.
  private func take(
    _ share: Double, of database: DatabaseProbe, node: String, step: HoldStep, trial: String
  ) async {
    let percent = Int((share * 100).rounded())
    let id = "\(trial)-hold-\(percent)"
    do {
      let (used, cap) = try await connections(of: database)
      let goal = Int((share * Double(cap)).rounded())
      let count = goal - used
      record(
        "hold-connections", "inject", trial: trial, id: id, ["share": "\(share)", "count": "\(count)", "cap": "\(cap)"])
      tell("holding connections: \(percent) % of \(cap)")
      if count > 0 {
        let request = FaultRequest(
          kind: "hold-connections",
          parameters: [
            "host": node, "port": "\(database.port)", "user": step.service, "database": database.database,
            "password_secret": passwordSecret(of: step.service), "count": "\(min(count, 2000))",
          ], lease: step.lease / .seconds(1))
        memory.owe(try await engine.inject(request).id)
      }
      let (now, _) = try await connections(of: database)
      // Pools open and close theirs meanwhile, and at the cap the last few places are anybody's.
      let isThere = Double(now) >= Double(goal) * 0.95 - 3
      record(
        "hold-connections", isThere ? "verified" : "unverified", trial: trial, id: id,
        ["used": "\(now)", "goal": "\(goal)", "detail": "\(now) of \(goal) connections are in use"])
    } catch {
      record("hold-connections", "unverified", trial: trial, id: id, ["detail": "\(error)"])
    }
  }

  /// Connections in use, and how many ordinary roles may open.
  private func connections(of database: DatabaseProbe) async throws -> (used: Int, cap: Int) {
    let row = try await database.query(
      """
      SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      FROM pg_stat_activity
      """
    ).rows.first
    guard let used = row?.first.flatMap({ $0 }).flatMap({ Int($0) }),
      let cap = row?.last.flatMap({ $0 }).flatMap({ Int($0) })
    else { throw GradingError("the server does not say how many connections it has") }
    return (used, cap)
  }

  /// Undoes everything that this grade did to the lab, newest first, also when the grade was cancelled.
  func clearFaults() async {
    let faults = memory.takeFaults()
    guard !faults.isEmpty else { return }
    let engine = engine
    let recorder = recorder
    // A task of its own: a cancelled one could not ask the engine for anything.
    await Task {
      for fault in faults {
        do {
          try await engine.clear(fault)
          recorder.record(.fault(FaultEvent(id: fault, kind: "lease", action: "clear")))
        } catch {
          // The lease clears it; the history says that we could not.
          recorder.record(.note(NoteEvent(text: "clearing \(fault) failed: \(error)")))
        }
      }
    }.value
  }
}
