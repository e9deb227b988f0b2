/// How much the payment company of a lab can do: `capacity` charges at once, each of which takes it `latency`. What
/// comes faster waits, in the order it came, and is worked off also when nobody waits for it any more.
public struct ProviderPlan: Sendable, Equatable, Codable {
  /// How long one charge takes.
  public var latency: Duration
  /// How many are worked on at once.
  public var capacity: Int

  /// So much.
  public init(latency: Duration, capacity: Int) {
    self.latency = latency
    self.capacity = capacity
  }

  /// The variables of `judge.yaml` that say so; without a plan the simulator's own values.
  public static func variables(_ plan: ProviderPlan?) -> [String: String] {
    let latency = plan?.latency ?? .milliseconds(20)
    return [
      "PROVIDER_LATENCY": "\(Int(latency / .milliseconds(1)))", "PROVIDER_CAPACITY": "\(plan?.capacity ?? 64)",
    ]
  }
}
