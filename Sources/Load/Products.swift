import DrillCore

/// The shop's products, dealt out anew for each grade: who knows beforehand which ones the judge looks at could treat
/// those better than the rest.
public struct Products: Sendable, Equatable {
  /// What users browse, order and cancel.
  public let users: [String]
  /// Nobody but the judge touches these: visits read their stock, and the judge changes it.
  public let markers: [String]
  /// Visits reserve of these.
  public let reservable: [String]

  private static let all = (1...500).map { number in
    let digits = String(number)
    return "SKU-" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// Deals by the grade's seed: 400 to the users, 50 markers, 50 to be reserved of.
  public init(seed: UInt64) {
    var order = SeededRandom(seed: seed, name: "catalogue")
    let dealt = order.shuffled(Self.all)
    users = Array(dealt[..<400])
    markers = dealt[400..<450].sorted()
    reservable = dealt[450...].sorted()
  }
}
