import DrillCore
import Topology

/// Reads what a window does about the pages of the hot products.
enum PagesReader {
  static func pages(_ map: YAMLMap, within length: Duration) -> PagesPlan {
    defer { map.refuseOthers() }
    return PagesPlan(edit: map["edit"]?.map().map { edit($0, within: length) })
  }

  private static func edit(_ map: YAMLMap, within length: Duration) -> EditPlan {
    defer { map.refuseOthers() }
    var least = Duration.zero
    var most = Duration.zero
    if let range = map.required("after")?.map() {
      defer { range.refuseOthers() }
      least = range.required("from")?.time(orNone: true) ?? .zero
      most = range.required("to")?.time(orNone: true) ?? least
      if most < least {
        range.problems.report("to is less than from", at: range.place(of: "to"), key: range.path("to"))
      }
    }
    let strike = map["strike"]?.map().map(strike)
    if most + (strike?.within ?? .zero) > length {
      map.problems.report("the change might come after its window", at: map.place(of: "after"), key: map.path("after"))
    }
    return EditPlan(
      after: least...max(least, most), reviews: map.required("reviews")?.int(1...100) ?? 1, strike: strike)
  }

  private static func strike(_ map: YAMLMap) -> StrikePlan {
    defer { map.refuseOthers() }
    return StrikePlan(
      service: map.required("service")?.name() ?? "", within: map.required("within")?.time() ?? .zero,
      lasts: map.required("lasts")?.time() ?? .zero)
  }
}
