import Clients
import FleetAPI
import Logging
import ServiceLifecycle
import Synchronization

/// A database's replicas, taken in turn, and measured when the settings say so.
final class ReplicaSet: Service {
  /// The statements that write the heartbeat on the primary and look for it on a replica.
  struct Heartbeat: Sendable {
    /// Gives when the newest was written and the server's clock, both in microseconds.
    var beat: PostgresQuery
    /// Gives when the newest that is here was written, in microseconds of the primary's clock.
    var look: PostgresQuery
  }

  private struct State {
    var replicas: [Replica] = []
    var turn = Int.random(in: 0..<1_000_000)
  }

  private let primary: DatabaseSettings
  private let upstreams: Upstreams
  private let heartbeat: Heartbeat?
  private let readiness: Readiness?
  private let logger: Logger
  private let state = Mutex(State())
  private let named = Mutex<Set<Endpoint>>([])

  /// Connects to nothing yet.
  /// - Parameters:
  ///   - heartbeat: nil: replicas aren't measured.
  ///   - readiness: where stale replicas are named.
  init(
    _ primary: DatabaseSettings, _ source: InstanceSource, heartbeat: Heartbeat?, readiness: Readiness?, logger: Logger
  ) {
    self.primary = primary
    self.heartbeat = primary.reads.freshness == .marker ? heartbeat : nil
    self.readiness = readiness
    self.logger = logger
    upstreams = Upstreams(source, logger: logger)
    _ = follow()
  }

  /// The replicas that may be read from now, beginning with the one whose turn it is.
  func inTurn() -> [Replica] {
    let (replicas, turn) = state.withLock { state in
      state.turn &+= 1
      return (state.replicas, state.turn)
    }
    guard !replicas.isEmpty else { return [] }
    let first = Int(turn.magnitude % UInt(replicas.count))
    return Array(replicas[first...] + replicas[..<first])
  }

  /// Follows the replicas' addresses and measures them until shutdown.
  func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { try? await self.upstreams.run() }
        if case .dns = primary.reads.instances { group.addTask { try? await self.followAddresses() } }
        if let heartbeat { group.addTask { try? await self.measure(heartbeat) } }
      }
    }
    for replica in state.withLock({ $0.replicas }) { await replica.close() }
  }

  private func followAddresses() async throws {
    while !Task.isCancelled {
      try await Task.sleep(for: .milliseconds(100))
      for gone in follow() { await gone.close() }
    }
  }

  /// Takes the known addresses over.
  /// - Returns: replicas that are none any more.
  private func follow() -> [Replica] {
    let endpoints = upstreams.endpoints
    let known = state.withLock { $0.replicas }
    guard known.map(\.endpoint) != endpoints else { return [] }
    let kept = Dictionary(known.map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
    let replicas = endpoints.map { kept[$0] ?? Replica($0, primary: primary, logger: logger) }
    state.withLock { $0.replicas = replicas }
    for endpoint in endpoints { name(endpoint) }
    return known.filter { !endpoints.contains($0.endpoint) }
  }

  /// Has `/readyz` tell of the replica. It is never critical: the primary can answer instead.
  private func name(_ endpoint: Endpoint) {
    guard let readiness, heartbeat != nil, named.withLock({ $0.insert(endpoint).inserted }) else { return }
    readiness.add("replica \(endpoint)", isCritical: false) { [weak self] in
      let replica = self?.state.withLock { state in state.replicas.first { $0.endpoint == endpoint } }
      guard let replica, replica.isStale else { return }
      throw ServiceError(503, .staleReplica, "The replica \(endpoint) is too far behind.")
    }
  }

  /// Looks for the last heartbeat on every replica, then writes the next: so each replica has had a whole interval for
  /// it, and a healthy one shows no lag. While the primary doesn't answer nothing new is written there that a replica
  /// could lack, and the last heartbeat stays what they are measured by.
  private func measure(_ heartbeat: Heartbeat) async throws {
    var connection = primary.connection
    connection.statementTimeout = .seconds(1)
    let writer = PostgresClient.monitor(of: connection, logger: logger)
    let timeout = max(.milliseconds(500), primary.reads.heartbeatInterval)
    var newest: PrimaryBeat?
    var isFailing = false
    while !Task.isCancelled {
      if let newest {
        await withTaskGroup(of: Void.self) { group in
          for replica in state.withLock({ $0.replicas }) {
            group.addTask { await replica.measure(heartbeat.look, against: newest, timeout: timeout) }
          }
        }
      }
      do {
        let row = try await writer.query(heartbeat.beat, timeout: timeout).first
        if let (written, clock) = try row?.decode((Int64, Int64).self) {
          newest = PrimaryBeat(written: written, clock: clock, seen: .now)
        }
        isFailing = false
      } catch let error as PostgresError where error.code != .cancelled {
        if !isFailing { logger.warning("no heartbeat can be written", metadata: ["error": "\(error)"]) }
        isFailing = true
      }
      try await Task.sleep(for: primary.reads.heartbeatInterval)
    }
    await writer.pool.shutDown()
  }
}
