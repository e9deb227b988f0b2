#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Topology {
  /// The topology as JSON with sorted keys, one value a line: the same topology always gives the same bytes.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// Reads what `json()` wrote.
  public init(json: Data) throws {
    self = try JSONDecoder().decode(Topology.self, from: json)
  }
}
