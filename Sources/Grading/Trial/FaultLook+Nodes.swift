import Clients
import DrillCore
import Engine
import Probes
import Topology

// Looks at nodes that were ended, frozen or multiplied: by /proc, and by the processes that they had before.
extension FaultLook {
  /// How long a process may take to be gone, or to stand still: a signal takes effect when it is next on a processor.
  private static let moment: Duration = .seconds(2)

  /// Every process that one of `names` had is gone, and nobody has started another for it.
  func ended(_ names: [String], asked: Bool) async -> (Bool, String) {
    let own = before.filter { names.contains($0.name) }
    // Who is asked to end has its grace period to do so.
    let graces = own.map { asked ? context.topology.service($0.service)?.stopGrace ?? .zero : .zero }
    let (isDone, words) = await Self.ended(
      own.compactMap(\.pid), of: names.count, within: Self.moment + (graces.max() ?? .zero))
    guard isDone, let now = try? await context.engine.nodes() else { return (false, words) }
    if let back = now.first(where: { names.contains($0.name) && $0.pid.map(ProcessProbe.isAlive) == true }) {
      return (false, "\(back.name) runs again")
    }
    return (true, words)
  }

  /// Whether all of so many processes are gone in time.
  static func ended(_ pids: [Int32], of count: Int, within time: Duration) async -> (Bool, String) {
    let left = await TrialContext.lasting(of: pids, within: time, while: ProcessProbe.isAlive)
    return (left.isEmpty && pids.count == count, "\(pids.count - left.count) of \(count) nodes have ended")
  }

  /// Every process of every node stands still.
  func frozen(_ names: [String]) async -> (Bool, String) {
    await Self.frozen(before.filter { names.contains($0.name) }.compactMap(\.pid), of: names.count)
  }

  /// Whether all of so many processes, and all that descend from them, stand still.
  static func frozen(_ pids: [Int32], of count: Int) async -> (Bool, String) {
    let moving = await TrialContext.lasting(of: pids, within: moment) { pid in
      ProcessProbe.family(of: pid).contains { ProcessProbe.info(of: $0).map { !$0.isStopped && !$0.isZombie } == true }
    }
    // Who is gone does not stand still.
    let still = pids.filter { ProcessProbe.isAlive($0) && !moving.contains($0) }
    return (still.count == count, "\(still.count) of \(count) nodes stand still")
  }

  /// So many instances run, no more and no less: also of those that the engine names no longer.
  func instances(of service: String, _ wanted: Int) async -> (Bool, String) {
    func own(_ nodes: [NodeStatus]) -> [Int32] { nodes.filter { $0.service == service && !$0.judge }.compactMap(\.pid) }
    let deadline = ContinuousClock.now + Self.moment
    var running = 0
    repeat {
      let now = (try? await context.engine.nodes()) ?? []
      running = Set(own(before) + own(now)).count(where: ProcessProbe.isAlive)
      if running == wanted { return (true, "\(running) instances of \(service) run") }
      try? await Task.sleep(for: .milliseconds(50))
    } while ContinuousClock.now < deadline && !Task.isCancelled
    return (false, "\(running) instances of \(service) run, not \(wanted)")
  }

  /// The server has the sessions that were ordered, or has room for no other.
  func connections(_ parameters: [String: String]) async -> (Bool, String) {
    let host = parameters["host"] ?? ""
    guard let node = before.first(where: { $0.name == host }),
      let password = try? context.engine.secret("postgres-password")
    else { return (false, "there is no server \(host)") }
    let database = DatabaseProbe(
      host: node.address, port: parameters["port"].flatMap { Int($0) } ?? 5432, database: parameters["database"] ?? "",
      user: "postgres", password: password)
    return await Self.held(
      parameters["count"].flatMap { Int($0) } ?? 1, as: parameters["user"] ?? "", on: database, within: Self.moment)
  }

  /// Whether a role holds so many sessions, or all that the server has room for, within the time.
  static func held(
    _ count: Int, as role: String, on database: DatabaseProbe, within time: Duration
  ) async -> (Bool, String) {
    let sql = """
      SELECT count(*) FILTER (
          WHERE application_name = 'held' AND usename = \(sqlLiteral(role)) AND datname = current_database()),
        count(*) FILTER (WHERE backend_type = 'client backend'),
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      FROM pg_stat_activity
      """
    let deadline = ContinuousClock.now + time
    var words = "nothing is held"
    repeat {
      do {
        let row = try await database.query(sql, timeout: .seconds(2)).rows.first ?? []
        let numbers = row.compactMap { $0.flatMap { Int($0) } }
        if numbers.count == 3 {
          words = "\(numbers[0]) of \(count) sessions are held, \(numbers[1]) of \(numbers[2]) are in use"
          // Pools open and close theirs meanwhile: at the cap the last few places are anybody's.
          let isFull = Double(numbers[1]) >= Double(numbers[2]) * 0.95 - 3
          if numbers[0] >= count || (numbers[0] > 0 && isFull) { return (true, words) }
        }
      } catch {
        words = "\(error)"
      }
      try? await Task.sleep(for: .milliseconds(50))
    } while ContinuousClock.now < deadline && !Task.isCancelled
    return (false, words)
  }
}
