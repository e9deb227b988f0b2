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
  }

  /// Those that there are now.
  func followers() async -> [Follower] {
    let nodes = (try? await engine.nodes()) ?? []
    var result: [Follower] = []
    for candidate in await candidates(database: "postgres") {
      let look = try? await candidate.probe.query("SELECT pg_is_in_recovery()")
      guard look?.rows.first?.first == "t", let node = nodes.first(where: { $0.name == candidate.node }) else {
        continue
      }
      result.append(Follower(node: node.name, address: node.address, probe: candidate.probe))
    }
    return result
  }

  /// Their names in an order of this grade's own, the same for all of its faults.
  func replicaNames() async -> [String] {
    if let known = memory.replicas { return known }
    var random = SeededRandom(seed: seed, name: "replicas")
    let names = random.shuffled(await followers().map(\.node).sorted())
    memory.keep(replicas: names)
    return names
  }

  /// Records under `TRIAL.replicas` how long each takes to show what was just written, and whether it goes on when
  /// none of the others does.
  func replicas(_ step: ReplicasStep, trial: String) async throws {
    await locateDatabases(trial: trial)
    guard let primary = memory.database("inventory") else { throw GradingError("no primary was found") }
    let deadline = ContinuousClock.now + step.within
    let followers = await followers()
    progress("looking at \(followers.count) replicas")
    var rows: [[String?]] = []
    for follower in followers {
      let lag = try await Self.lag(of: follower.probe, behind: primary, until: max(deadline, .now + .seconds(1)))
      let own = try? await follower.probe.query("SELECT host(inet_server_addr())").rows.first?.first
      let others = followers.filter { $0.node != follower.node }
      let goesOn =
        own == follower.address && lag != nil
        ? try await goesOn(follower, without: others, primary, trial: trial) : false
      rows.append([follower.node, lag.map { "\(Int($0 / .milliseconds(1)))" }, "\(goesOn)"])
    }
    recorder.record(
      .rows(RowsEvent(name: "\(trial).replicas", columns: ["node", "lag_ms", "by_itself"], rows: rows)))
  }

  /// Whether `follower` applies while the others are kept from it. One server under two names would stand still.
  private func goesOn(
    _ follower: Follower, without others: [Follower], _ primary: DatabaseProbe, trial: String
  ) async throws -> Bool {
    var faults: [String] = []
    for other in others {
      let request = FaultRequest(kind: "replay-pause", parameters: ["host": other.node], lease: 20)
      let fault = try await engine.inject(request).id
      memory.owe(fault)
      faults.append(fault)
    }
    let lag = try await Self.lag(of: follower.probe, behind: primary, until: .now + .seconds(3))
    for fault in faults { try await engine.clear(fault) }
    return lag != nil
  }

  /// How long a mark that is made now takes to come from `primary` to `replica`; `nil` when it has not by `deadline`.
  static func lag(
    of replica: DatabaseProbe, behind primary: DatabaseProbe, until deadline: ContinuousClock.Instant
  ) async throws -> Duration? {
    let mark = try await primary.query("SELECT pg_logical_emit_message(true, 'judge', 'look')")
    guard let position = mark.rows.first?.first.flatMap({ $0 }) else { throw GradingError("the primary made no mark") }
    let begin = ContinuousClock.now
    repeat {
      let look = try? await replica.query("SELECT pg_last_wal_replay_lsn() >= \(sqlLiteral(position))::pg_lsn")
      if look?.rows.first?.first == "t" { return ContinuousClock.now - begin }
      try await Task.sleep(for: .milliseconds(5))
    } while ContinuousClock.now < deadline
    return nil
  }

  /// Records how often each replica has looked into `table`, under `NAME.scans`: its own count, which only reads that
  /// reach it can raise.
  ///
  /// Sessions report what they did at the latest a second after it; the look is repeated until nothing changes any
  /// more.
  func scans(_ name: String, of table: String) async {
    let database = table.split(separator: ".").first.map(String.init) ?? table
    let sql = """
      SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables
      WHERE relid = \(sqlLiteral(table))::regclass
      """
    let followers = await followers()
    var last: [[String?]] = []
    for _ in 0..<6 {
      var rows: [[String?]] = []
      for follower in followers {
        var probe = follower.probe
        probe.database = database
        let count = try? await probe.query(sql).rows.first?.first
        rows.append([follower.node, count ?? nil])
      }
      if !last.isEmpty, rows == last { break }
      last = rows
      try? await Task.sleep(for: .milliseconds(600))
    }
    recorder.record(.rows(RowsEvent(name: "\(name).scans", columns: ["node", "scans"], rows: last)))
  }
}
