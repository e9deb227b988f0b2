public import Engine
import Foundation

/// What the healthy lab looked like before it was broken; kept to see later what a repair made worse.
public struct Baseline: Codable, Sendable {
  /// Proportional memory of all nodes together, in bytes.
  public var memoryBytes: Int
  /// How many there were.
  public var nodes: Int
  /// Seconds from the order to start until every node was healthy.
  public var healthySeconds: Double?
  /// Seconds from the order to start until it was broken: what breaks a lab is done then, and what is wrong in its
  /// files counts from when it was up.
  public var faultSeconds: Double?
  /// Seconds from the order to start until the symptom was seen.
  public var symptomSeconds: Double?

  /// Adds up what the nodes use now.
  public static func measure(_ nodes: [NodeStatus]) -> Baseline {
    let total = nodes.compactMap(\.pid).reduce(0) { $0 + ProcessMemory.proportionalBytes(ofNamespaceOf: $1) }
    return Baseline(memoryBytes: total, nodes: nodes.count)
  }

  func save(to lab: LabFolder) throws {
    try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: lab.stateFolder + "/baseline.json"), options: .atomic)
  }

  /// The baseline of a lab, if `start` came far enough to measure one.
  public static func of(_ lab: LabFolder) -> Baseline? {
    FileManager.default.contents(atPath: lab.stateFolder + "/baseline.json")
      .flatMap { try? JSONDecoder().decode(Baseline.self, from: $0) }
  }
}
