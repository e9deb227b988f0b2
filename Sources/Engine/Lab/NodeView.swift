/// What the controller knows of one node: the guardian's record, and its health.
struct NodeView: Sendable {
  /// What the last checks said.
  enum Health: Sendable {
    case none
    case starting
    case healthy
    case unhealthy
  }

  let name: String
  let service: String
  let judge: Bool
  let address: String
  var record: NodeRecord?
  var health = Health.none

  var status: NodeStatus {
    NodeStatus(
      name: name, service: service, judge: judge, address: address, pid: record?.pid, state: state,
      restarts: record?.restarts ?? 0, startedAt: record?.startedAt, exit: record?.exit)
  }

  private var state: NodeStatus.State {
    guard let record else { return .waiting }
    if record.pid == nil { return record.stopped ? .stopped : .failed }
    if record.frozen { return .paused }
    switch health {
    case .none: return .running
    case .starting: return .starting
    case .healthy: return .healthy
    case .unhealthy: return .unhealthy
    }
  }
}
