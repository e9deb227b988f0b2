import Clients
import DrillCore
import Engine
import Load
import Probes

// The servers that follow the primary: whether each does by itself, and how much of the reading they do.
extension TrialContext {
  /// A server of the lab that follows the primary and lets the judge in.
  struct Follower: Sendable {
    var node: String
    var address: String
    var probe: DatabaseProbe
    /// The address of the server that answers there.
    var server: String?

    /// Whether the node passes connections on to a server elsewhere, as a balancer does: no server of its own, and
    /// what is done to it would be done to the other one.
    var isRelay: Bool { server != address }
  }

  /// Those that there are now, and relays to such ones.
  private func followers() async -> [Follower] {
    let nodes = (try? await engine.nodes()) ?? []
    var result: [Follower] = []
    for candidate in await candidates(database: "postgres", relays: true) {
      let look = try? await candidate.probe.query("SELECT pg_is_in_recovery(), host(inet_server_addr())").rows.first
      // Who answers is whatever the lab runs there, also with fewer columns than were asked for.
      guard let look, look.count == 2, look[0] == "t", let node = nodes.first(where: { $0.name == candidate.node })
      else { continue }
      result.append(Follower(node: node.name, address: node.address, probe: candidate.probe, server: look[1]))
    }
    return result
  }

  /// Their names in an order of this grade's own, the same for all of its faults.
  func replicaNames() async -> [String] {
    if let known = memory.replicas { return known }
    var random = SeededRandom(seed: seed, name: "replicas")
    let names = random.shuffled(await followers().filter { !$0.isRelay }.map(\.node).sorted())
    memory.keep(replicas: names)
    return names
  }

  /// Records under `TRIAL.replicas` how long each takes to show what was just written, and whether it goes on when
  /// none of the others that do does. Those that do are the ones that faults of this grade are done to.
  ///
  /// What is measured is measured before anything is touched, and only servers that follow are touched: what somebody
  /// else has stopped stays stopped.
  ///
  /// - Returns: whether there are as many as looked for. Otherwise the lab is left as it is.
  func replicas(_ step: ReplicasStep, trial: String) async throws -> Bool {
    await locateDatabases(trial: trial)
    guard let primary = memory.database("inventory") else { throw GradingError("no primary was found") }
    let found = try await settled(step, primary)
    let fresh = found.filter { $0.isFresh(step) && !$0.follower.isRelay }.map(\.follower)
    tell("\(fresh.count) of \(found.count { !$0.follower.isRelay }) replicas follow")
    var random = SeededRandom(seed: seed, name: "replicas")
    if !fresh.isEmpty { memory.keep(replicas: random.shuffled(fresh.map(\.node).sorted())) }
    var rows: [[String?]] = []
    var good = 0
    for (follower, lag) in found.map({ ($0.follower, $0.lag) }) {
      var goesOn = false
      let others = fresh.filter { $0.node != follower.node }
      // Alone it depends on nobody.
      if others.count < fresh.count, fresh.count >= step.least || others.isEmpty {
        goesOn = try await self.goesOn(follower, without: others, primary)
      }
      if goesOn { good += 1 }
      rows.append([follower.node, lag.map { "\(Int($0 / .milliseconds(1)))" }, "\(goesOn)"])
    }
    recorder.record(
      .rows(RowsEvent(name: "\(trial).replicas", columns: ["node", "lag_ms", "by_itself"], rows: rows)))
    return good >= step.least
  }

  /// A follower and how long it took to show a mark; `nil` when it did not in time.
  private struct Look: Sendable {
    var follower: Follower
    var lag: Duration?

    func isFresh(_ step: ReplicasStep) -> Bool { lag.map { $0 <= step.fresh } ?? false }
  }

  /// The last of several looks, each at a mark of its own: the first in which all that there are follow and are enough,
  /// or the one that the time ends with.
  private func settled(_ step: ReplicasStep, _ primary: DatabaseProbe) async throws -> [Look] {
    let deadline = ContinuousClock.now + step.within
    while true {
      let followers = await followers()
      let looks = try await withThrowingTaskGroup(of: Look.self) { group in
        for follower in followers {
          group.addTask {
            let lag = try await Self.lag(
              of: follower.probe, behind: primary, until: .now + step.fresh + .milliseconds(200))
            return Look(follower: follower, lag: lag)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let isSettled =
        looks.count { !$0.follower.isRelay } >= step.least && looks.allSatisfy { $0.isFresh(step) }
      if isSettled || ContinuousClock.now >= deadline {
        // Whom even the primary does not let in sees no replica either, however many there are.
        if looks.isEmpty { _ = try await primary.query("SELECT 1") }
        return looks.sorted { $0.follower.node < $1.follower.node }
      }
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  /// Whether `follower` applies while the others are kept from it, and from receiving. One server under two names would
  /// stand still, and so would one that follows another in place of the primary.
  private func goesOn(_ follower: Follower, without others: [Follower], _ primary: DatabaseProbe) async throws -> Bool {
    var faults: [String] = []
    func inject(_ kind: String, _ parameters: [String: String]) async throws {
      let fault = try await engine.inject(FaultRequest(kind: kind, parameters: parameters, lease: 20)).id
      memory.owe(fault)
      faults.append(fault)
    }
    for other in others {
      try await inject("replay-pause", ["host": other.node])
      // Who gets the log in another way than from a server has nothing to hand on.
      try? await inject("pause-process", ["node": other.node, "process": "walreceiver"])
    }
    let lag = try await Self.lag(of: follower.probe, behind: primary, until: .now + .seconds(3))
    for fault in faults { try await engine.clear(fault) }
    return lag != nil
  }

  /// How long a mark that is made now takes to come from `primary` to `replica`; `nil` when it has not by `deadline`.
  ///
  /// - Throws: what the primary says; and the replica's refusal to let the judge in, who then knows nothing of it.
  static func lag(
    of replica: DatabaseProbe, behind primary: DatabaseProbe, until deadline: ContinuousClock.Instant
  ) async throws -> Duration? {
    // A server that tells nobody of a commit before its replicas have applied it would hide how late they are.
    let mark = try await primary.query(
      "SELECT pg_logical_emit_message(true, 'judge', 'look'), set_config('synchronous_commit', 'local', true)")
    guard let position = mark.rows.first?.first.flatMap({ $0 }) else { throw GradingError("the primary made no mark") }
    let begin = ContinuousClock.now
    repeat {
      do {
        let look = try await replica.query("SELECT pg_last_wal_replay_lsn() >= \(sqlLiteral(position))::pg_lsn")
        if look.rows.first?.first == "t" { return ContinuousClock.now - begin }
      } catch let error as PostgresError where error.code == .authenticationFailed {
        throw error
      } catch {
        // Whoever is away shows nothing.
      }
      try await Task.sleep(for: .milliseconds(5))
    } while ContinuousClock.now < deadline
    return nil
  }

  /// Records how often each replica has looked into `table`, under `NAME.scans`: its own count, which only reads that
  /// reach it can raise. And the primary's, under `NAME.primary`.
  ///
  /// Sessions report what they did at the latest a second after it; the look is repeated until nothing changes any
  /// more.
  ///
  /// - Parameter isBefore: nobody uses the shop yet. Where the count rises all the same, somebody looks there without
  ///   any user's asking; how often a second stands beside it.
  func scans(_ name: String, of table: String, isBefore: Bool) async {
    let database = table.split(separator: ".").first.map(String.init) ?? table
    let sql = """
      SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables
      WHERE relid = \(sqlLiteral(table))::regclass
      """
    func count(_ server: DatabaseProbe) async -> Int? {
      var probe = server
      probe.database = database
      return (try? await probe.query(sql))?.rows.first?.first.flatMap { $0 }.flatMap { Int($0) }
    }
    // Each server once, however many ways lead to it.
    let replicas = await followers().filter { !$0.isRelay }
    // Before, as long as a session may keep what it did to itself.
    let alike = isBefore ? 3 : 2
    var looks: [(at: ContinuousClock.Instant, counts: [Int?])] = []
    var isSettled: Bool { looks.count >= alike && looks.suffix(alike).allSatisfy { $0.counts == looks.last?.counts } }
    while looks.count < 6, !isSettled {
      if !looks.isEmpty { try? await Task.sleep(for: .milliseconds(600)) }
      var counts: [Int?] = []
      for replica in replicas { counts.append(await count(replica.probe)) }
      looks.append((.now, counts))
    }
    guard let first = looks.first, let last = looks.last else { return }
    func perSecond(_ index: Int) -> String? {
      guard isBefore, !isSettled, let from = first.counts[index], let to = last.counts[index] else { return "0" }
      return String(Double(to - from) / ((last.at - first.at) / .seconds(1)))
    }
    func record(_ part: String, _ columns: [String], _ rows: [[String?]]) {
      recorder.record(.rows(RowsEvent(name: "\(name).\(part)", columns: columns, rows: rows)))
    }
    if let primary = memory.database(database) {
      let counted = await count(primary).map(String.init)
      record("primary", ["node", "scans"], [[memory.databaseNode(database) ?? "", counted]])
    }
    let rows = replicas.indices.map { [replicas[$0].node, last.counts[$0].map(String.init), perSecond($0)] }
    record("scans", ["node", "scans", "a_second"], rows)
  }
}
