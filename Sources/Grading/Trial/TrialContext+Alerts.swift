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

  /// How far back the contracts let a rule look: an alert about what this grade itself did before may stand for so much
  /// longer.
  private static let aftermath: Duration = .seconds(60)

  /// With users at work: waits, bounded, until no alert has fired for as long as `AlertHold` asks for and none is on
  /// its way. For alerts without any figure of the shop nobody waits.
  func rest(_ step: RestStep, trial: String) async throws {
    let prometheus = try await prometheus()
    let name = "\(trial).rest"
    let quiet = Duration.nanoseconds(AlertHold.quiet)
    let length = max(step.within, quiet) + Self.aftermath
    let users = try await users(for: length + .seconds(2), phase: name)
    progress("waiting until the lab's alerts are silent, with users at work")
    await recorder.phase(name) {
      let stop = StopFlag()
      async let load: Void = work(users, stop: stop)
      let begin = ContinuousClock.now
      var known = AlertHold.known(recorder.history)
      var quietSince: ContinuousClock.Instant?
      var founded: [String: Bool] = [:]
      while ContinuousClock.now - begin < length, !Task.isCancelled {
        _ = await lookAtAlerts(prometheus, known: &known)
        for alert in known.keys where founded[alert] == nil {
          // What an earlier trial has brought about may stand yet: no moment is a usual one. For one whose rule can't
          // be looked at somebody waits: that costs time and no more.
          founded[alert] = (try? await hasFoundation(alert, usual: nil, prometheus)) ?? true
        }
        let about = known.filter { founded[$0.key] != false }.values
        let now = ContinuousClock.now
        quietSince = about.contains("firing") ? nil : quietSince ?? now
        if let quietSince, now - quietSince >= quiet, about.isEmpty { break }
        try? await Task.sleep(for: Self.poll)
      }
      stop.set()
      await load
      return nil
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
      var known = AlertHold.known(recorder.history)
      _ = await lookAtAlerts(prometheus, known: &known)
      let before = AlertHold.about(recorder.history, until: recorder.now)
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
      await lookAtFoundations(known, prometheus)
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
      var known = AlertHold.known(recorder.history)
      _ = await lookAtAlerts(prometheus, known: &known)
      let before = AlertHold.about(recorder.history, until: recorder.now)
      do {
        for (index, choices) in step.faults.enumerated() {
          let id = "\(trial)-provoke-\(index)"
          var random = SeededRandom(seed: seed, name: "\(id).choice")
          let shuffled = random.shuffled(choices)
          // What is done to every replica has no other choice.
          if shuffled.count == 1 {
            try await inject(shuffled, trial: trial, id: id)
          } else {
            try await inject(oneOf: shuffled, id: id, trial)
          }
        }
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
      await lookAtFoundations(known, prometheus)
      return nil
    }
    await clearFaults()
  }

  private func lookAtFoundations(_ known: [String: String], _ prometheus: PrometheusProbe) async {
    for (alert, state) in known.sorted(by: { $0.key < $1.key }) where state == "firing" {
      await lookAtFoundation(of: alert, prometheus)
    }
  }

  /// An alert about the shop needs figures of the shop.
  private func lookAtFoundation(of alert: String, _ prometheus: PrometheusProbe) async {
    do {
      let founded = try await hasFoundation(alert, usual: usualMoment, prometheus)
      probe("alert.foundation", ok: founded, text: alert)
    } catch {
      dead("alert.foundation", error, labels: ["alert": alert])
    }
  }

  /// Whether all rules of that name, with the recorded series that they are about, speak of something that is scraped,
  /// and look at the clock for no more than the age of things: at any time of which there are no figures they say the
  /// same, nothing, or for one about the want of figures always something; and of the figures of a usual moment they
  /// don't say now this and now that, the earlier it is by the clock.
  ///
  /// - Parameter usual: such a moment, if there was one.
  private func hasFoundation(
    _ alert: String, usual: Double?, _ prometheus: PrometheusProbe
  ) async throws -> Bool {
    var random = SeededRandom(seed: seed, name: "foundation.\(alert)")
    let now = Date().timeIntervalSince1970
    // Weeks ahead and weeks ago, at any second of the day.
    let empty = (0..<Self.emptyMoments).map { index in
      now + (index % 2 == 0 ? 1 : -1) * Double(1_000_000 + random.below(1_000_000))
    }
    let rules = try await prometheus.rules()
    let scraped = rules.scraped(try await prometheus.seriesNames())
    for expression in rules.alerts[alert] ?? [] {
      let all = rules.closure(of: expression)
      guard try await speaks(all, of: scraped, prometheus) else { return false }
      for one in all {
        guard try await isSteady(empty.map { (one, $0) }, prometheus) else { return false }
        guard let usual else { continue }
        let whole = rules.writtenOut(one)
        let earlier = (0..<Self.emptyMoments).map { _ in 1 + random.below(3600) }.sorted()
          .compactMap { PrometheusRules.earlier(whole, by: $0) }
        guard try await !alternates(earlier.map { ($0, usual) }, prometheus) else { return false }
      }
    }
    return true
  }

  /// A time at which nothing was done to the lab and no alert fired, if there was one: shortly before the end of the
  /// last rest.
  private var usualMoment: Double? {
    let history = recorder.history
    let rests = history.events.compactMap { event -> String? in
      guard case .phase(let phase) = event.kind, phase.name.hasSuffix(".rest") else { return nil }
      return phase.name
    }
    return rests.last.flatMap { history.span(of: $0) }.map { span in
      let at = max(span.lowerBound, span.upperBound - AlertHold.quiet / 2)
      return Date().timeIntervalSince1970 - Double(recorder.now - at) / 1e9
    }
  }

  /// Whether they all give something, or all nothing.
  private func isSteady(_ questions: [(String, Double)], _ prometheus: PrometheusProbe) async throws -> Bool {
    var answers: Set<Bool> = []
    for (expression, time) in questions where answers.count < 2 {
      answers.insert(try await prometheus.query(expression, at: time).isEmpty)
    }
    return answers.count < 2
  }

  /// Whether they give something, nothing, something, nothing, and so on. Ages pass a limit, and may come back over it.
  private func alternates(_ questions: [(String, Double)], _ prometheus: PrometheusProbe) async throws -> Bool {
    var last: Bool?
    var turns = 0
    for (expression, time) in questions where turns < 4 {
      let isEmpty = try await prometheus.query(expression, at: time).isEmpty
      if let last, last != isEmpty { turns += 1 }
      last = isEmpty
    }
    return turns >= 4
  }

  /// Whether one of the expressions speaks of a scraped series, by its name or by its labels alone.
  private func speaks(
    _ expressions: [String], of scraped: Set<String>, _ prometheus: PrometheusProbe
  ) async throws -> Bool {
    for expression in expressions {
      if !scraped.isDisjoint(with: PrometheusRules.words(of: expression)) { return true }
      for selector in PrometheusRules.nameless(in: expression) {
        if try await !prometheus.query("count(\(selector))").isEmpty { return true }
      }
    }
    return false
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
