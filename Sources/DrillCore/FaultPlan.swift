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

  /// The parameters drawn from `random`.
  ///
  /// - Parameter nodes: the running nodes of a service.
  public func drawn(from random: inout SeededRandom, nodes: (String) -> [String]) -> [String: String] {
    var result: [String: String] = [:]
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .fixed(let text): result[name] = text
      case .oneOf(let choices): result[name] = random.pick(choices) ?? ""
      case .between(let least, let most): result[name] = "\(least + random.below(max(1, most - least + 1)))"
      case .nodeOf(let service): result[name] = random.pick(nodes(service)) ?? ""
      }
    }
    return result
  }
}
