import Clients

/// `replay-pause`: a replica goes on receiving and does not apply what it receives, until the worker is ended.
enum ReplayPause {
  @Sendable static func work(_ order: FaultOrder) async throws {
    let replica = try Replica(order)
    // What somebody else has paused stays paused.
    let wasPaused = try await replica.isPaused()
    try await replica.pause()
    FaultOrder.ready("replay is paused")
    await FaultOrder.untilEnded()
    if !wasPaused { await replica.resume() }
  }
}

/// `replay-lag`: a replica applies in gulps, `from_ms` to `to_ms` apart, so that what was written shows up to so much
/// later.
///
/// `recovery_min_apply_delay` would do it too, but then commits that wait for a replica to apply were as slow.
enum ReplayLag {
  @Sendable static func work(_ order: FaultOrder) async throws {
    let replica = try Replica(order)
    let least = try order.number("from_ms")
    let most = max(least, try order.number("to_ms"))
    try await replica.pause()
    FaultOrder.ready("replay lags")
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(Int.random(in: least...most)))
      guard !Task.isCancelled else { break }
      // Long enough to apply what has come, short enough that nobody can count on it. A replica that is being rebuilt
      // has nothing to pause: the next turn tries again.
      try? await replica.order("SELECT pg_wal_replay_resume()")
      try? await Task.sleep(for: .milliseconds(30))
      try? await replica.pause()
    }
    await replica.resume()
  }
}

/// A replica as its superuser.
private struct Replica: Sendable {
  /// Of a server that was promoted meanwhile nothing is left to resume.
  private static let resuming = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_wal_replay_resume() END"
  private let configuration: PostgresConfiguration

  init(_ order: FaultOrder) throws {
    configuration = PostgresConfiguration(
      host: try order.text("host"), database: "postgres", user: "postgres", password: order.secret,
      applicationName: "fault", statements: .unnamed, statementTimeout: .seconds(2))
  }

  func order(_ sql: String) async throws {
    try await PostgresConnection.with(configuration) { _ = try await $0.simpleQuery(sql) }
  }

  func isPaused() async throws -> Bool {
    let result = try await PostgresConnection.with(configuration) {
      try await $0.simpleQuery("SELECT pg_is_wal_replay_paused()")
    }
    return result.rows.first?.first == "t"
  }

  /// Paused, or an error and not paused.
  func pause() async throws {
    do {
      try await FaultOrder.whole { try await order("SELECT pg_wal_replay_pause()") }
    } catch {
      // It may have been heard all the same.
      try? await FaultOrder.whole { try await order(Self.resuming) }
      throw error
    }
  }

  /// Undoing goes on after the worker was told to end, for as long as it is given: in a task that nobody cancels.
  func resume() async {
    await Task.detached {
      for _ in 0..<20 {
        do {
          return try await order(Self.resuming)
        } catch {
          try? await Task.sleep(for: .milliseconds(200))
        }
      }
    }.value
  }
}
