import FleetAPI

/// The body of `PUT /v1/behaviour` and, with the whole behaviour, its answer: `ProviderBehaviour` and what else the
/// simulator can do. What is left out stays as it is.
///
/// With `lease_seconds` the change holds for so long and is then undone by itself, on top of whatever holds already; as
/// `?lease=NAME` it takes the place of one of that name. Without, it is for good and lies below what leases hold.
/// `DELETE /v1/behaviour?lease=NAME` ends that lease at once, without a name every lease.
struct BehaviourChange: Codable, Sendable, Equatable {
  /// What every caller of the provider's admin routes knows.
  var common = ProviderBehaviour()
  /// By how much a charge takes longer than `latency_ms` (0 to 1000; 1: not at all).
  var latencyFactor: Double?
  /// The share of keys whose first attempt gets 503 and charges nothing, 0 to 1; each later attempt goes well.
  var transientRate: Double?
  /// Draws those keys: the same seed takes the same keys.
  var transientSeed: Int64?
  /// How long a charge that is made silently leaves its caller without an answer, in ms (0 to 600,000).
  var hangMS: Int?
  /// For how many seconds the change holds (0.1 to 3,600); in an answer, for how many any lease still does.
  var leaseSeconds: Double?

  enum CodingKeys: String, CodingKey {
    case latencyFactor = "latency_factor"
    case transientRate = "transient_rate"
    case transientSeed = "transient_seed"
    case hangMS = "hang_ms"
    case leaseSeconds = "lease_seconds"
  }

  init() {}

  init(from decoder: any Decoder) throws {
    common = try ProviderBehaviour(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    latencyFactor = try container.decodeIfPresent(Double.self, forKey: .latencyFactor)
    transientRate = try container.decodeIfPresent(Double.self, forKey: .transientRate)
    transientSeed = try container.decodeIfPresent(Int64.self, forKey: .transientSeed)
    hangMS = try container.decodeIfPresent(Int.self, forKey: .hangMS)
    leaseSeconds = try container.decodeIfPresent(Double.self, forKey: .leaseSeconds)
  }

  func encode(to encoder: any Encoder) throws {
    try common.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(latencyFactor, forKey: .latencyFactor)
    try container.encodeIfPresent(transientRate, forKey: .transientRate)
    try container.encodeIfPresent(transientSeed, forKey: .transientSeed)
    try container.encodeIfPresent(hangMS, forKey: .hangMS)
    try container.encodeIfPresent(leaseSeconds, forKey: .leaseSeconds)
  }

  /// What is wrong with it, if anything: a sentence for the caller.
  var problem: String? {
    if let value = common.latencyMS, !(0...600_000).contains(value) { return "latency_ms must be from 0 to 600000." }
    if let value = common.capacity, !(1...100_000).contains(value) { return "capacity must be from 1 to 100000." }
    for (name, rate) in [
      ("error_rate", common.errorRate), ("silence_rate", common.silenceRate), ("decline_rate", common.declineRate),
      ("transient_rate", transientRate),
    ] {
      if let rate, !(0...1).contains(rate) { return "\(name) must be from 0 to 1." }
    }
    if let factor = latencyFactor, !(0...1000).contains(factor) { return "latency_factor must be from 0 to 1000." }
    if let value = hangMS, !(0...600_000).contains(value) { return "hang_ms must be from 0 to 600000." }
    if let value = leaseSeconds, !(0.1...3600).contains(value) { return "lease_seconds must be from 0.1 to 3600." }
    return nil
  }
}
