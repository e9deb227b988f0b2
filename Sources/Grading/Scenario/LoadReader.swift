import DrillCore
import Topology

/// Reads the users of a scenario file.
enum LoadReader {
  static let none = LoadPlan(
    rate: 0, arrival: .poisson, users: 0, products: 0, zipf: 0, patience: .zero, inFlight: 0, echo: [], mix: [:])

  static func load(_ map: YAMLMap) -> LoadPlan {
    defer { map.refuseOthers() }
    var mix: [DrillCore.Operation: Int] = [:]
    for entry in map.required("mix")?.map()?.entries() ?? [] {
      guard let operation = DrillCore.Operation(rawValue: entry.name) else {
        let known = DrillCore.Operation.allCases.map(\.rawValue)
        map.problems.report(
          "no such operation\(Spelling.hint(for: entry.name, among: known)); there are "
            + known.joined(separator: ", "),
          at: entry.place, key: "load.mix.\(entry.name)")
        continue
      }
      mix[operation] = entry.value.int(0...1000) ?? 0
    }
    return LoadPlan(
      rate: map.required("rate")?.double(0.1...20_000) ?? 1,
      arrival: map.required("arrival")?.choice(LoadPlan.Arrival.self) ?? .poisson,
      users: map.required("users")?.int(1...10_000) ?? 1,
      products: map.required("products")?.int(1...400) ?? 1,
      zipf: map.required("zipf")?.double(0...5) ?? 1,
      patience: map.required("patience")?.time() ?? .zero,
      inFlight: map.required("in_flight")?.int(1...100_000) ?? 1,
      echo: map["echo"]?.strings() ?? [], mix: mix, hot: map["hot"]?.map().map(hot), cart: map["cart"]?.map().map(cart))
  }

  private static func hot(_ map: YAMLMap) -> HotPlan {
    defer { map.refuseOthers() }
    return HotPlan(
      count: map.required("count")?.int(1...400) ?? 1, share: map.required("share")?.double(0...1) ?? 0)
  }

  private static func cart(_ map: YAMLMap) -> CartPlan {
    defer { map.refuseOthers() }
    let least = map.required("least")?.int(1...50) ?? 1
    let most = map.required("most")?.int(1...50) ?? least
    if most < least { map.problems.report("most is less than least", at: map.place(of: "most"), key: map.path("most")) }
    return CartPlan(lines: least...max(least, most), quantity: map.required("quantity")?.int(1...100) ?? 1)
  }

  /// Sessions that write and then read what they wrote.
  static func follow(_ map: YAMLMap) -> FollowPlan {
    defer { map.refuseOthers() }
    let least = map.required("from")?.time(orNone: true) ?? .zero
    let most = map.required("to")?.time(orNone: true) ?? least
    if most < least { map.problems.report("to is less than from", at: map.place(of: "to"), key: map.path("to")) }
    return FollowPlan(
      count: map.required("count")?.int(FollowPlan.fewest...1000) ?? FollowPlan.fewest,
      delays: least...max(least, most), patience: map.required("patience")?.time() ?? .zero)
  }
}
