/// A fault as a scenario plans it: what is not fixed is drawn from the seed, after the trainee is done.
public struct FaultPlan: Sendable, Equatable, Codable {
  /// What a parameter of the fault is.
  public enum Value: Sendable, Equatable, Codable {
    /// This.
    case fixed(String)
    /// One of these.
    case oneOf([String])
    /// A whole number from the first to the second.
    case between(Int, Int)
    /// The name of a running node of this service.
    case nodeOf(String)
    /// The name of a server that follows the primary: the first, the second and so on, in an order that the seed draws.
    case replica(Int)
    /// Each server that follows the primary: as many faults as there are.
    case everyReplica
  }

  /// The kind: those of `firedrill chaos inject`.
  public var kind: String
  /// Its parameters.
  public var parameters: [String: Value]
  /// After this it heals by itself, whatever becomes of the grader.
  public var lease: Duration

  /// A fault.
  public init(kind: String, parameters: [String: Value], lease: Duration) {
    self.kind = kind
    self.parameters = parameters
    self.lease = lease
  }

  /// Itself, or where a parameter stands for each of `replicas` one for each.
  public func expanded(over replicas: [String]) -> [FaultPlan] {
    guard let name = parameters.first(where: { $0.value == .everyReplica })?.key else { return [self] }
    return replicas.map { replica in
      var copy = self
      copy.parameters[name] = .fixed(replica)
      return copy
    }
  }

  /// The parameters drawn from `random`.
  ///
  /// - Parameters:
  ///   - replicas: the servers that follow the primary, in the order of this grade.
  ///   - nodes: the running nodes of a service.
  public func drawn(
    from random: inout SeededRandom, replicas: [String] = [], nodes: (String) -> [String]
  ) -> [String: String] {
    var result: [String: String] = [:]
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .fixed(let text): result[name] = text
      case .oneOf(let choices): result[name] = random.pick(choices) ?? ""
      case .between(let least, let most): result[name] = "\(least + random.below(max(1, most - least + 1)))"
      case .nodeOf(let service): result[name] = random.pick(nodes(service)) ?? ""
      case .replica(let number):
        result[name] = replicas.isEmpty ? "" : replicas[(Swift.max(1, number) - 1) % replicas.count]
      // `expanded` comes first; elsewhere the reader refuses it.
      case .everyReplica: result[name] = replicas.joined(separator: ",")
      }
    }
    return result
  }
}

/// A fault that comes and goes while a window is open.
public struct TimedFault: Sendable, Equatable, Codable {
  /// What may be injected: the seed draws one, and where that can't be done here the next is tried. Leases are a little
  /// longer than it lasts: the grader ends it, the lease is for a dead grader.
  public var choices: [FaultPlan]
  /// How long after the window's begin it comes; drawn from the seed.
  public var after: ClosedRange<Duration>
  /// How long it lasts.
  public var lasts: Duration

  /// A fault for a while.
  public init(choices: [FaultPlan], after: ClosedRange<Duration>, lasts: Duration) {
    self.choices = choices
    self.after = after
    self.lasts = lasts
  }
}
