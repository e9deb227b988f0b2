import Clients
import DrillCore
import Engine
import Load
import Probes

// Locked rows: customers who meet on them, products that somebody holds, deadlocks.
extension TrialContext {
  /// The products that a window's plan for locks is about: none that a user orders, none twice.
  private func lockedProducts(_ trial: String) -> [String] {
    var random = SeededRandom(seed: seed, name: "\(trial).locked")
    return random.shuffled(Array(products.reservable.dropFirst()))
  }

  /// Does what the plan says for as long as the window lasts.
  func locks(_ plan: LocksPlan, length: Duration, unless stop: StopFlag, trial: String) async {
    let skus = lockedProducts(trial)
    await withDiscardingTaskGroup { group in
      if plan.clients > 0 {
        group.addTask { await saturate("saturate", plan.clients, goods: nil, length, phase: "\(trial).window", stop) }
      }
      if let hold = plan.hold {
        let others = Array(skus.dropLast(plan.wrong?.products ?? 0))
        group.addTask { await holdInTurn(hold, others, length: length, unless: stop, trial: trial) }
      }
      if let wrong = plan.wrong {
        group.addTask { await makeWrong(wrong, Array(skus.suffix(wrong.products)), trial: trial) }
      }
    }
  }

  /// Customers in a closed loop, through the gateway.
  private func saturate(
    _ stream: String, _ clients: Int, goods: [String]?, _ length: Duration, phase: String, _ stop: StopFlag
  ) async {
    guard let gateway = try? await instances(of: "gateway").first else {
      return probe("front-door", ok: false, text: "no gateway runs", labels: ["phase": phase])
    }
    let plan = SaturatePlan(clients: clients, mix: [.order: 1], patience: scenario.load.patience)
    var load = SaturateStream(
      name: stream, phase: phase, plan: plan, load: scenario.load,
      base: "http://\(gateway.address):\(Self.servicePort)", seed: seed)
    load.goods = goods
    load.series = ".\(phase).\(goods?.first ?? "")"
    _ = await load.run(for: length, with: self.load, recorder: recorder, stop: stop)
  }

  // MARK: Products that somebody holds

  /// After so long customers are taken to be waiting for the product, and whoever holds something else for them too.
  private static let onset: Duration = .milliseconds(300)

  private func holdInTurn(
    _ plan: HoldPlan, _ skus: [String], length: Duration, unless stop: StopFlag, trial: String
  ) async {
    let begin = ContinuousClock.now
    let slot = length / plan.times
    var left = skus
    for turn in 0..<plan.times {
      var random = SeededRandom(seed: seed, name: "\(trial).hold.\(turn)")
      // In the middle of its part of the window, give or take a little: nobody can know when.
      let slack = max(slot - plan.lasts, .zero)
      let due = begin + slot * turn + slack * (0.35 + 0.15 * random.unit())
      guard await pass(until: due, unless: stop) else { return }
      let sku = await untouched(among: left)
      left.removeAll { $0 == sku }
      await hold(plan, sku, turn, unless: stop, trial: trial)
    }
  }

  /// The first product of which nothing is reserved: the shop's own job has no reason to lock it together with others.
  private func untouched(among skus: [String]) async -> String {
    let reserved = try? await memory.database("inventory")?.query(
      """
      SELECT sku FROM inventory.stock WHERE reserved > 0
      UNION SELECT i.sku FROM inventory.reservation_items i
        JOIN inventory.reservations r ON r.id = i.reservation_id WHERE r.status = 'held'
      """
    ).rows.compactMap { $0.first ?? nil }
    let taken = Set(reserved ?? [])
    return skus.first { !taken.contains($0) } ?? skus.first ?? products.reservable[1]
  }

  private func hold(_ plan: HoldPlan, _ sku: String, _ turn: Int, unless stop: StopFlag, trial: String) async {
    let id = "\(trial)-hold-row-\(turn)"
    let name = "\(trial).window"
    let fault = FaultPlan(
      kind: "hold-row",
      parameters: [
        "host": .fixed(memory.databaseNode("inventory") ?? ""),
        "database": .fixed(memory.database("inventory")?.database ?? "inventory"), "sku": .fixed(sku),
      ], lease: plan.lasts + .seconds(5))
    do {
      let active = try await inject(fault, id: id, trial).fault
      let customers = StopFlag()
      async let load: Void = saturate("customers", plan.customers, goods: [sku], .seconds(60), phase: name, customers)
      let begin = ContinuousClock.now
      _ = await pass(until: begin + Self.onset, unless: stop)
      let from = recorder.now
      _ = await pass(until: begin + plan.lasts, unless: stop)
      let to = recorder.now
      customers.set()
      let lasted = try await engine.activeFaults().contains { $0.id == active }
      try await engine.clear(active)
      await load
      // On a machine that was slow enough its lease has ended it, nobody knows when.
      guard lasted else { throw GradingError("the row was let go before its time") }
      record("hold-row", "cleared", trial: trial, id: id)
      recorder.record(
        .rows(
          RowsEvent(name: "\(name).holds", columns: ["sku", "from", "to"], rows: [[sku, "\(from)", "\(to)"]])))
    } catch {
      record("hold-row", "unverified", trial: trial, id: id, ["detail": "\(error)"])
    }
  }

  // MARK: How quick the server itself is

  /// Commits ten times a second something that nobody else has to do with, and records how long each took: by this a
  /// wait for others can be told from a wait for the machine.
  func watchCommits(phase: String, until over: StopFlag) async {
    guard let probe = memory.database("inventory") else { return }
    let configuration = PostgresConfiguration(
      host: probe.host, port: probe.port, database: probe.database, user: probe.user, password: probe.password,
      applicationName: "operator", statements: .unnamed, statementTimeout: .seconds(15))
    while !over.isSet, !Task.isCancelled {
      // A server that is away for a moment leaves a gap.
      try? await PostgresConnection.with(configuration) { session in
        while !over.isSet, !Task.isCancelled {
          let begin = recorder.now
          try await session.simpleQuery("SELECT pg_logical_emit_message(true, 'judge', 'commit')")
          let sample = SampleEvent(
            name: "commit_ms", value: Double(recorder.now - begin) / 1e6, labels: ["phase": phase, "begin": "\(begin)"])
          recorder.record(.sample(sample))
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      _ = await pass(until: .now + .milliseconds(200), unless: over)
    }
  }

  /// Records twice a second which share of the time the busiest service of the shop waited for a processor.
  func watchProcessors(phase: String, until over: StopFlag) async {
    let shop = ((try? await engine.nodes()) ?? []).filter { !$0.judge && $0.isUp }.compactMap(\.pid)
      .filter { ProcessProbe.program(of: $0) == "fleet" }
    var last = shop.map(ProcessorWait.total)
    while !over.isSet, !Task.isCancelled {
      let begin = recorder.now
      _ = await pass(until: .now + .milliseconds(500), unless: over)
      let now = shop.map(ProcessorWait.total)
      let length = Double(max(1, recorder.now - begin))
      let share = zip(now, last).map { Double($0.0 - $0.1) / length }.max() ?? 0
      last = now
      let labels = ["phase": phase, "begin": "\(begin)"]
      recorder.record(.sample(SampleEvent(name: "processor_wait", value: share, labels: labels)))
    }
  }

  // MARK: Deadlocks

  /// What the servers of inventory and orders have counted, whether they count at all, and whether they would log it.
  private static let deadlockSQL = """
    SELECT (SELECT sum(deadlocks) FROM pg_stat_database WHERE datname IN ('inventory', 'orders'))::bigint,
      current_setting('track_counts') = 'on' AND NOT EXISTS (
        SELECT 1 FROM pg_db_role_setting, unnest(setconfig) AS c WHERE c ~* '^track_counts=(off|false|no|0)'),
      current_setting('log_min_messages') NOT IN ('log', 'fatal', 'panic')
    """

  /// Looks at the count each second, and once more when every session has reported; then reads the log.
  func countDeadlocks(phase: String, until over: StopFlag) async {
    let log = NodeLog(folder: engine.labDirectory + "/logs", node: memory.databaseNode("inventory") ?? "")
    let begin = log.size
    await lookAtDeadlocks(phase)
    while !over.isSet, !Task.isCancelled {
      _ = await pass(until: .now + .seconds(1), unless: over)
      await lookAtDeadlocks(phase)
    }
    // Sessions report what they counted at the latest a second after it.
    try? await Task.sleep(for: .milliseconds(1200))
    await lookAtDeadlocks(phase)
    if let lines = log.count(of: "deadlock detected", from: begin) {
      probe("deadlocks.log", ok: true, value: Double(lines), labels: ["phase": phase])
    } else {
      probe("deadlocks.log", ok: false, text: "the log could not be read", labels: ["phase": phase, "dead": "true"])
    }
  }

  private func lookAtDeadlocks(_ phase: String) async {
    let labels = ["phase": phase]
    guard let database = memory.database("inventory") else {
      return dead("deadlocks", GradingError("the database of inventory was not found"), labels: labels)
    }
    do {
      let row = try await database.query(Self.deadlockSQL, timeout: .seconds(2)).rows.first ?? []
      guard row.count == 3, let count = row[0].flatMap({ Double($0) }) else {
        throw GradingError("the server does not say how many deadlocks it saw")
      }
      let all = labels.merging(["counts": row[1] ?? "", "logs": row[2] ?? ""]) { own, _ in own }
      probe("deadlocks", ok: true, value: count, labels: all)
    } catch {
      dead("deadlocks", error, labels: labels)
    }
  }
}
