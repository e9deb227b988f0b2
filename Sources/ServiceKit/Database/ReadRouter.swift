import Clients
import FleetAPI

/// Sends each read where the settings and its request want it.
struct ReadRouter: Sendable {
  let settings: ReadSettings
  let replicas: ReplicaSet?
  private let metrics: ReadMetrics

  /// The pauses between two looks at replicas that aren't far enough.
  private static let firstPause: Duration = .milliseconds(4)
  private static let longestPause: Duration = .milliseconds(32)

  init(_ settings: ReadSettings, pool: String, replicas: ReplicaSet?) {
    self.settings = settings
    self.replicas = replicas
    metrics = ReadMetrics(pool: pool)
  }

  /// Runs a read that decides nothing.
  /// - Parameter primary: runs it on the primary.
  /// - Throws: `ServiceError` 503 when no replica is far enough and the settings forbid the primary; `PostgresError`.
  func read(
    _ query: PostgresQuery, primary: () async throws -> PostgresResult
  ) async throws -> PostgresResult {
    let demand = ReadSession.current?.demand ?? ReadDemand([], service: "")
    let reason: ReadReason
    switch ReadPlan(settings, demand: demand, now: WallClock.milliseconds) {
    case .primary(let why): reason = why
    case .replica(let applied):
      switch try await readFromReplica(query, applied) {
      case .success(let result):
        metrics.count(applied == nil ? .balanced : .replayed)
        return result
      case .failure(let why): reason = why.reason
      }
    }
    if reason == .notReplayed, settings.fallback == .error {
      throw ServiceError(
        503, .notReplayed, "What was written hasn't reached the servers that are read from; ask again.", retryAfter: 1)
    }
    metrics.count(reason)
    return try await primary()
  }

  private struct NoReplica: Error { var reason: ReadReason }

  /// Asks one replica after the other; when they answer but aren't far enough, again until the wait is over.
  private func readFromReplica(
    _ query: PostgresQuery, _ applied: LogSequenceNumber?
  ) async throws -> Result<PostgresResult, NoReplica> {
    let deadline = ContinuousClock.now + settings.wait
    var pause = Self.firstPause
    while true {
      var reason = ReadReason.noReplica
      for replica in replicas?.inTurn() ?? [] where replica.admit() {
        do {
          if let result = try await replica.read(query, applied: applied) { return .success(result) }
          reason = .notReplayed
        } catch let error as PostgresError where Self.mayAskElsewhere(error) {
          if reason == .noReplica { reason = .replicaFailed }
        }
      }
      guard reason == .notReplayed, ContinuousClock.now + pause <= deadline else {
        return .failure(NoReplica(reason: reason))
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 2, Self.longestPause)
    }
  }

  /// A read may be asked again anywhere, whatever the server said: the primary has the last word. But not what can't
  /// be asked at all, or isn't wanted any more.
  private static func mayAskElsewhere(_ error: PostgresError) -> Bool {
    error.code != .cancelled && error.code != .invalidValue && error.code != .poolClosed
  }
}
