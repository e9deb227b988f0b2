import DrillCore
import Topology

/// Reads what a window does about locked rows.
enum LocksReader {
  static func locks(_ map: YAMLMap) -> LocksPlan {
    defer { map.refuseOthers() }
    return LocksPlan(
      clients: map["clients"]?.int(0...200) ?? 0, hold: map["hold"]?.map().map(hold),
      wrong: map["wrong"]?.map().map(wrong))
  }

  private static func hold(_ map: YAMLMap) -> HoldPlan {
    defer { map.refuseOthers() }
    return HoldPlan(
      times: map.required("times")?.int(1...10) ?? 1, lasts: map.required("lasts")?.time() ?? .zero,
      customers: map.required("customers")?.int(1...20) ?? 1)
  }

  private static func wrong(_ map: YAMLMap) -> WrongCountsPlan {
    defer { map.refuseOthers() }
    return WrongCountsPlan(
      products: map.required("products")?.int(2...20) ?? 2, within: map.required("within")?.time() ?? .zero)
  }
}
