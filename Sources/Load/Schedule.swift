public import DrillCore

/// One request that is going to be made, fixed before the first one goes out.
public struct PlannedRequest: Sendable, Equatable {
  /// When it is due, in nanoseconds since its stream began.
  public var at: Int64
  /// Which user makes it, from 0.
  public var user: Int
  /// What is asked.
  public var operation: DrillCore.Operation
  /// What it is about: products and how many of each.
  public var items: [Item]
  /// A fresh id: an idempotency key or a reservation's id.
  public var id: String
  /// The node that is asked; `nil` for the stream's own address.
  public var target: Target?

  /// So many of a product.
  public struct Item: Sendable, Equatable {
    /// The product.
    public var sku: String
    /// How many, from 1.
    public var quantity: Int
  }

  /// A node that is asked directly.
  public struct Target: Sendable, Equatable, Hashable {
    /// The node's name.
    public var name: String
    /// `address:port`
    public var authority: String

    /// The node `name` at `authority`.
    public init(name: String, authority: String) {
      self.name = name
      self.authority = authority
    }
  }
}

/// A schedule: every request of a stream with its time, drawn from the seed in advance. An open loop: nothing that the
/// shop does can move a request.
public struct Schedule: Sendable, Equatable {
  /// The requests, in the order of their times.
  public var requests: [PlannedRequest]

  /// The users of `plan` for `length`, drawn from `seed` under `name`, and one user more who tries every kind of
  /// request that has a weight, in a sensible order, twice.
  ///
  /// `popularity` is the seed that says which products are wanted, and which of them are hot (default: `seed`). With
  /// one of its own, users may come again and again for the same products and never with an id that was used before.
  public static func users(
    _ plan: LoadPlan, length: Duration, seed: UInt64, popularity: UInt64? = nil, name: String
  ) -> Schedule {
    var times = SeededRandom(seed: seed, name: "\(name).times")
    var who = SeededRandom(seed: seed, name: "\(name).users")
    var what = SeededRandom(seed: seed, name: "\(name).operations")
    var goods = SeededRandom(seed: seed, name: "\(name).products")
    var ids = SeededRandom(seed: seed, name: "\(name).ids")
    let shopping = Shopping(plan, seed: popularity ?? seed)
    let mix = WeightedChoice(plan.mix)
    var even = plan.arrival == .constant ? EvenChoice(plan.mix, &what) : nil
    var requests: [PlannedRequest] = []
    for time in arrivals(rate: plan.rate, arrival: plan.arrival, length: length, random: &times) {
      let operation = (even == nil ? mix.pick(&what) : even?.pick()) ?? .browse
      requests.append(
        PlannedRequest(
          at: time, user: who.below(plan.users), operation: operation, items: shopping.items(for: operation, &goods),
          id: ids.uuid(), target: nil))
    }
    requests += tour(plan, length: length, shopping: shopping, seed: seed, name: name)
    return Schedule(requests: requests.sorted { $0.at < $1.at })
  }

  /// The hot products of `plan` under `seed`, in no order; empty without a plan for them.
  public static func hotProducts(of plan: LoadPlan, seed: UInt64) -> [String] { Shopping(plan, seed: seed).hot }

  /// One user more walks through every kind of request, twice: no mix may leave one out by chance.
  private static func tour(
    _ plan: LoadPlan, length: Duration, shopping: Shopping, seed: UInt64, name: String
  ) -> [PlannedRequest] {
    var goods = SeededRandom(seed: seed, name: "\(name).tour.products")
    var ids = SeededRandom(seed: seed, name: "\(name).tour.ids")
    let wanted = [
      DrillCore.Operation.session, .browse, .product, .productHot, .productStock, .order, .orderAgain, .orderRead,
      .orderUnknown,
      .orders, .cancel, .report,
    ]
    .filter { plan.mix[$0, default: 0] > 0 }
    let end = HistoryRecorder.nanoseconds(length)
    let gap = end / Int64(2 * wanted.count + 2)
    return (wanted + wanted).enumerated().map { index, operation in
      PlannedRequest(
        at: gap * Int64(index + 1), user: plan.users, operation: operation,
        items: plan.cart == nil ? [shopping.item(for: operation, &goods)] : shopping.items(for: operation, &goods),
        id: ids.uuid(), target: nil)
    }
  }

  /// Visits to `targets` in turn for `length`: in each round every target once, in an order of its own, all asked for
  /// the same operation; the next round asks for the next one. Stock is read of `read`, reservations take from
  /// `reserve`.
  public static func sweep(
    _ plan: SweepPlan, targets: [PlannedRequest.Target], read: [String], reserve: [String], length: Duration,
    seed: UInt64, name: String
  ) -> Schedule {
    guard !targets.isEmpty, !plan.operations.isEmpty, plan.rate > 0 else { return Schedule(requests: []) }
    var goods = SeededRandom(seed: seed, name: "\(name).products")
    var ids = SeededRandom(seed: seed, name: "\(name).ids")
    let gap = 1_000_000_000 / plan.rate
    let end = HistoryRecorder.nanoseconds(length)
    var requests: [PlannedRequest] = []
    var round = 0
    while true {
      var order = SeededRandom(seed: seed, name: "\(name).round.\(round)")
      let operation = plan.operations[round % plan.operations.count]
      for target in order.shuffled(targets) {
        let at = Int64((Double(requests.count) * gap).rounded())
        guard at < end else { return Schedule(requests: requests) }
        let sku = goods.pick(operation == .reserve ? reserve : read) ?? "SKU-0001"
        requests.append(
          PlannedRequest(
            at: at, user: 0, operation: operation, items: [.init(sku: sku, quantity: 1)], id: ids.uuid(),
            target: target))
      }
      round += 1
    }
  }

  private static func arrivals(
    rate: Double, arrival: LoadPlan.Arrival, length: Duration, random: inout SeededRandom
  ) -> [Int64] {
    guard rate > 0 else { return [] }
    let end = Double(HistoryRecorder.nanoseconds(length))
    let mean = 1_000_000_000 / rate
    var times: [Int64] = []
    var time = 0.0
    while true {
      switch arrival {
      case .constant: time = Double(times.count) * mean
      // The gaps of a Poisson process are exponential; 1 - u keeps the logarithm finite.
      case .poisson: time += -mean * naturalLogarithm(1 - random.unit())
      }
      guard time < end else { return times }
      times.append(Int64(time))
    }
  }
}
