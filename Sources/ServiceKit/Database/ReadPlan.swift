/// Where one read is to go. A pure decision.
enum ReadPlan: Equatable {
  /// To the primary, for this reason.
  case primary(ReadReason)
  /// To a replica that has applied the log up to here; nil: to any.
  case replica(applied: LogSequenceNumber?)

  /// - Parameter now: ms since 1970.
  init(_ settings: ReadSettings, demand: ReadDemand, now: Int64) {
    if settings.source == .primary {
      self = .primary(.configured)
    } else if settings.readYourWrites == .none {
      self = .replica(applied: nil)
    } else if let until = demand.primaryUntil, until > now {
      self = .primary(.pinned)
    } else {
      self = .replica(applied: demand.applied)
    }
  }
}

/// Why a read went where it went: the label `reason` of `db_reads_total`.
enum ReadReason: String, Sendable, CaseIterable {
  /// From the primary, because the settings say so.
  case configured
  /// From the primary, because the session has written a moment ago.
  case pinned
  /// From the primary, because no replica had applied what the request must see.
  case notReplayed = "not_replayed"
  /// From the primary, because no replica is in rotation.
  case noReplica = "no_replica"
  /// From the primary, because the replicas that were asked failed.
  case replicaFailed = "replica_failed"
  /// From a replica, any of them.
  case balanced
  /// From a replica that has applied what the request must see.
  case replayed

  var source: String { self == .balanced || self == .replayed ? "replica" : "primary" }
}
