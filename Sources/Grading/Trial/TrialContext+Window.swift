import Clients
import DrillCore
import Engine
import Load
import Probes

// The window: load, visits, operators, and the judge's own change of stock.
extension TrialContext {
  /// Which products are whose in this grade.
  var products: Products { Products(seed: seed) }
  /// A refusal ends a window early, but not before this: a verdict should rest on more than one request.
  private static let shortest: Duration = .seconds(3)

  /// Runs one window under the phase `TRIAL.window`.
  func window(_ step: WindowStep, trial: String) async throws {
    let name = "\(trial).window"
    let service = step.sweep?.service ?? "inventory"
    let nodes = try await instances(of: service)
    let visited = targets(nodes)
    recorder.record(
      .rows(
        RowsEvent(name: "\(name).targets", columns: ["node", "address"], rows: nodes.map { [$0.name, $0.address] })))
    await locateDatabases(trial: trial)
    await lookBefore(trial: trial)
    var streams: [Load.Stream] = []
    if let sweep = step.sweep {
      let schedule = Schedule.sweep(
        sweep, targets: visited, read: products.markers, reserve: products.reservable, length: step.length,
        seed: seed,
        name: name)
      streams.append(Stream(name: "sweep", phase: name, schedule: schedule, patience: sweep.patience))
    }
    if step.users, let users = try await users(for: step.length, phase: name, rate: step.rate) {
      streams.append(users)
    }
    if let looks = step.looks, let stream = try await self.looks(looks, length: step.length, phase: name) {
      streams.append(stream)
    }
    let follow = try await follow(step, phase: name)
    if let table = step.lookups { await scans("\(name).before", of: table, isBefore: true) }
    if step.pages != nil { await openPages(phase: name) }
    let names = streams.map(\.name) + (follow == nil ? [] : ["follow-ups"])
    let load = names.isEmpty ? "no load\(step.users ? ", for no gateway runs," : "")" : names.joined(separator: " and ")
    progress("\(load) for \(step.length / .seconds(1)) s")
    let ready = streams
    let book = await providerBook("\(name).provider.before")
    await recorder.phase(name) { await run(ready, follow, step: step, trial: trial) }
    if book != nil { await providerAttempts(phase: name) }
    if let table = step.lookups { await scans("\(name).after", of: table, isBefore: false) }
    if step.pages != nil { await closePages(phase: name) }
    await recordListeners(of: service, nodes, phase: name)
  }

  /// The scenario's users, through the gateway; `nil`, and a probe that says so, where no gateway of the lab runs.
  func users(for length: Duration, phase: String, rate: Double? = nil) async throws -> Load.Stream? {
    guard let gateway = try await instances(of: "gateway").first else {
      probe("front-door", ok: false, text: "no gateway runs", labels: ["phase": phase])
      return nil
    }
    var plan = scenario.load
    plan.rate = rate ?? plan.rate
    return Stream(
      name: "users", phase: phase, schedule: .users(plan, length: length, seed: seed, name: "\(phase).users"),
      base: "http://\(gateway.address):\(Self.servicePort)", patience: plan.patience, inFlight: plan.inFlight,
      users: plan.users + 1, echo: plan.echo)
  }

  /// Looks at the markers' stock, through every gateway in turn.
  private func looks(_ plan: LooksPlan, length: Duration, phase: String) async throws -> Load.Stream? {
    let gateways = targets(try await instances(of: "gateway"))
    guard !gateways.isEmpty else {
      probe("front-door", ok: false, text: "no gateway runs", labels: ["phase": phase])
      return nil
    }
    let sweep = SweepPlan(
      service: "gateway", rate: plan.rate, operations: [.productStock], patience: plan.patience)
    let schedule = Schedule.sweep(
      sweep, targets: gateways, read: products.markers, reserve: [], length: length, seed: seed,
      name: "\(phase).looks")
    return Stream(name: "looks", phase: phase, schedule: schedule, patience: plan.patience)
  }

  /// Sessions that order and then look, through the gateway.
  private func follow(_ step: WindowStep, phase: String) async throws -> FollowStream? {
    guard let plan = step.follow, let gateway = try await instances(of: "gateway").first else { return nil }
    return FollowStream(
      phase: phase,
      schedule: FollowSchedule(plan, load: scenario.load, length: step.length, seed: seed, name: "\(phase).follow"),
      base: "http://\(gateway.address):\(Self.servicePort)", patience: plan.patience, echo: scenario.load.echo)
  }

  /// - Returns: why the window ended early; `nil` when it did not.
  private func run(
    _ streams: [Load.Stream], _ follow: FollowStream?, step: WindowStep, trial: String
  ) async -> String? {
    let stop = StopFlag()
    let over = StopFlag()
    return await withTaskGroup(of: String?.self) { group in
      group.addTask {
        await withTaskGroup(of: Void.self) { loads in
          if let follow { loads.addTask { _ = await follow.run(with: load, recorder: recorder, stop: stop) } }
          if let locks = step.locks {
            loads.addTask { await self.locks(locks, length: step.length, unless: stop, trial: trial) }
          }
          for stream in streams { loads.addTask { _ = await stream.run(with: load, recorder: recorder, stop: stop) } }
        }
        over.set()
        return nil
      }
      group.addTask { await watch(stop: stop, over: over) }
      group.addTask {
        await watchMachine(phase: "\(trial).window", until: over)
        return nil
      }
      group.addTask {
        await watchLab(phase: "\(trial).window", until: over)
        return nil
      }
      if let every = step.operatorEvery {
        group.addTask {
          await operators(every: every, until: over)
          return nil
        }
      }
      if step.locks != nil {
        group.addTask {
          await countDeadlocks(phase: "\(trial).window", until: over)
          return nil
        }
        group.addTask {
          await watchCommits(phase: "\(trial).window", until: over)
          return nil
        }
        group.addTask {
          await watchProcessors(phase: "\(trial).window", until: over)
          return nil
        }
      }
      group.addTask {
        let begin = ContinuousClock.now
        for index in 0..<step.touches {
          let due = begin + step.length * (index + 1) / (step.touches + 1)
          await touch(at: due, index: index, unless: stop, trial: trial)
        }
        return nil
      }
      if let plan = step.pages?.edit {
        group.addTask {
          await edit(plan, unless: stop, trial: trial)
          return nil
        }
      }
      for (index, fault) in step.faults.enumerated() {
        group.addTask {
          await comeAndGo(fault, number: index, unless: stop, trial: trial)
          return nil
        }
      }
      var reason: String?
      for await result in group { reason = reason ?? result }
      return Task.isCancelled ? "interrupted" : reason
    }
  }

  /// - Returns: whether the time came before a stop.
  func pass(until due: ContinuousClock.Instant, unless stop: StopFlag) async -> Bool {
    while ContinuousClock.now < due, !stop.isSet, !Task.isCancelled {
      try? await Task.sleep(for: min(.milliseconds(20), due - .now))
    }
    return !stop.isSet && !Task.isCancelled
  }

  /// Ends the window once a visit was refused: one is too many, the rest only costs time.
  private func watch(stop: StopFlag, over: StopFlag) async -> String? {
    let begin = ContinuousClock.now
    var seen = 0
    var refusals = 0
    while !over.isSet, !Task.isCancelled {
      let events = recorder.events(from: seen)
      seen += events.count
      refusals += events.count {
        if case .request(let request) = $0.kind {
          request.stream == "sweep" && request.outcome != .ok && request.outcome != .dropped
        } else {
          false
        }
      }
      if refusals > 0, ContinuousClock.now - begin >= Self.shortest {
        stop.set()
        return "\(refusals) visits were refused"
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
    if Task.isCancelled { stop.set() }
    return nil
  }

  private func operators(every: Duration, until over: StopFlag) async {
    guard let database = memory.database("inventory") else { return }
    while !over.isSet, !Task.isCancelled {
      await lookIn(database)
      try? await Task.sleep(for: every)
    }
  }

  /// One attempt of an operator: as the service's role, and if that is refused as the superuser.
  private func lookIn(_ database: DatabaseProbe) async {
    let role = "inventory"
    let node = memory.databaseNode("inventory") ?? ""
    do {
      let own = await database.login(as: role, password: try engine.secret(passwordSecret(of: "inventory")))
      if case .allowed = own { return probe("operator.login", ok: true, labels: ["role": role, "node": node]) }
      let other = await database.login(as: database.user, password: database.password)
      switch (own, other) {
      case (_, .allowed): probe("operator.login", ok: true, labels: ["role": database.user, "node": node])
      case (.dead(let words), _), (_, .dead(let words)): dead("operator.login", GradingError(words))
      case (_, .refused(let words)):
        probe("operator.login", ok: false, text: words, labels: ["role": role, "node": node])
      }
    } catch {
      dead("operator.login", error)
    }
  }

  /// Changes the stock of the markers in the database.
  private func touch(at due: ContinuousClock.Instant, index: Int, unless stop: StopFlag, trial: String) async {
    guard await pass(until: due, unless: stop), let database = memory.database("inventory") else { return }
    let suffix = index == 0 ? "" : "-\(index)"
    var random = SeededRandom(seed: seed, name: "\(trial).touch\(suffix)")
    let amount = 1 + random.below(50)
    let id = "\(trial)-touch\(suffix)"
    let began = recorder.now
    let markers = products.markers
    var told = ["amount": "\(amount)", "skus": markers.joined(separator: ",")]
    do {
      try await raise(markers, by: amount, in: database)
      told["began"] = "\(began)"
      told["done"] = "\(recorder.now)"
      await rows("\(trial).marker.after", markerSQL, in: "inventory")
      record("touch", "verified", trial: trial, id: id, told)
    } catch {
      told["detail"] = "\(error)"
      record("touch", "unverified", trial: trial, id: id, told)
    }
  }

  /// Raises the stock of `skus`, all that nobody has locked at once: who never waits is no part of a deadlock, in
  /// whatever order others lock.
  private func raise(_ skus: [String], by amount: Int, in database: DatabaseProbe) async throws {
    let deadline = ContinuousClock.now + .seconds(5)
    var left = skus
    while true {
      let changed = try await database.query(
        """
        WITH free AS (
          SELECT sku FROM inventory.stock WHERE sku IN (\(left.map(sqlLiteral).joined(separator: ",")))
          FOR UPDATE SKIP LOCKED)
        UPDATE inventory.stock AS s
        SET initial = initial + \(amount), on_hand = on_hand + \(amount), version = version + 1
        FROM free WHERE s.sku = free.sku RETURNING s.sku
        """)
      let done = Set(changed.rows.compactMap { $0.first ?? nil })
      left.removeAll(where: done.contains)
      if left.isEmpty { return }
      guard ContinuousClock.now < deadline else {
        throw GradingError("\(left.count) products were locked, or not there, for 5 s")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  var markerSQL: String {
    """
    SELECT sku, initial, on_hand, reserved, sold FROM inventory.stock
    WHERE sku IN (\(products.markers.map(sqlLiteral).joined(separator: ","))) ORDER BY sku
    """
  }

  /// Which processes listen on the instances' addresses: those of `nodes`, as they are now.
  private func recordListeners(of service: String, _ nodes: [NodeStatus], phase: String) async {
    // One that ended and came back in the midst of the window is itself all the same.
    let current = Dictionary(
      ((try? await instances(of: service)) ?? []).map { ($0.name, $0.pid) }, uniquingKeysWith: { first, _ in first })
    var owners: [String: Int32] = [:]
    for node in nodes { owners["\(node.address):\(Self.servicePort)"] = current[node.name] ?? nil }
    let found = ProcessProbe.listeners(on: owners)
    let rows: [[String?]] = nodes.map { node in
      let place = "\(node.address):\(Self.servicePort)"
      guard let pid = owners[place], let pids = found[place] else { return [node.name, nil, "unknown"] }
      let own = pids.contains { ProcessProbe.descends($0, from: pid) }
      let word = own ? "true" : ProcessProbe.isAlive(pid) ? "false" : "unknown"
      return [node.name, pids.sorted().map(String.init).joined(separator: " "), word]
    }
    recorder.record(.rows(RowsEvent(name: "\(phase).listeners", columns: ["node", "pids", "own"], rows: rows)))
  }
}
