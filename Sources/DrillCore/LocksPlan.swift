/// What a window does about rows that transactions lock. Deadlocks are counted meanwhile, in any case.
public struct LocksPlan: Sendable, Equatable, Codable {
  /// How many customers order in a closed loop through the gateway, each the next cart when the last is done; 0: none.
  public var clients: Int
  /// A product that somebody else holds for a while, now and then; `nil` for none.
  public var hold: HoldPlan?
  /// Counts that the shop's own job has to set right; `nil` for none.
  public var wrong: WrongCountsPlan?

  /// By default nothing but counting.
  public init(clients: Int = 0, hold: HoldPlan? = nil, wrong: WrongCountsPlan? = nil) {
    self.clients = clients
    self.hold = hold
    self.wrong = wrong
  }
}

/// Somebody else keeps the row of one product locked for a while, and customers want that product. It is another one
/// each time, and never one that the users of the scenario order.
public struct HoldPlan: Sendable, Equatable, Codable {
  /// How often, spread evenly over the window.
  public var times: Int
  /// How long each time.
  public var lasts: Duration
  /// How many customers want the product, one order after the other, while it is held.
  public var customers: Int

  /// So many holds of such a length.
  public init(times: Int, lasts: Duration, customers: Int) {
    self.times = times
    self.lasts = lasts
    self.customers = customers
  }
}

/// Counts of reserved pieces that the judge makes wrong, half of them too high and half too low.
public struct WrongCountsPlan: Sendable, Equatable, Codable {
  /// How many products.
  public var products: Int
  /// How long the shop has to set them right.
  public var within: Duration

  /// So many products.
  public init(products: Int, within: Duration) {
    self.products = products
    self.within = within
  }
}
