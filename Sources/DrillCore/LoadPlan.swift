/// What the users or a visitor can do.
public enum Operation: String, Sendable, Codable, CaseIterable {
  /// `GET /products?limit=20`
  case browse
  /// `GET /products/{sku}`
  case product
  /// `GET /products/{sku}` of one of the hot products; of the most popular one when the plan names no hot ones
  case productHot = "product-hot"
  /// `GET /products/{sku}/stock`
  case productStock = "product-stock"
  /// `POST /sessions`
  case session
  /// `POST /orders` with a fresh idempotency key
  case order
  /// `POST /orders` with the key and the body of the user's last order: the same reply is due
  case orderAgain = "order-again"
  /// `GET /orders/{id}` of the user's last order
  case orderRead = "order-read"
  /// `GET /orders/{id}` of an order that nobody ever placed: 404 is due
  case orderUnknown = "order-unknown"
  /// `GET /orders`
  case orders
  /// `POST /orders/{id}/cancel` of the user's last order
  case cancel
  /// `GET /admin/report`
  case report
  /// `GET /stock/{sku}` of an inventory instance: never cached
  case stock
  /// `POST /reservations` of an inventory instance, with a fresh id
  case reserve
}

/// The users of the shop: an open-loop load, fixed in advance. It does not slow down when the shop does.
public struct LoadPlan: Sendable, Equatable, Codable {
  /// How requests are spread over time.
  public enum Arrival: String, Sendable, Codable, CaseIterable {
    /// Independent users: exponential gaps.
    case poisson
    /// A metronome: also of each operation as many as its weight says, in any stretch.
    case constant
  }

  /// Requests a second.
  public var rate: Double
  /// How they are spread over time.
  public var arrival: Arrival
  /// How many users there are; each has a session of its own and echoes its cookies.
  public var users: Int
  /// How many products are asked for: the first so many SKUs.
  public var products: Int
  /// The exponent of Zipf's law by which products are chosen; 0 is uniform, 1 is a shop.
  public var zipf: Double
  /// How long a user waits for a reply.
  public var patience: Duration
  /// The most requests in flight; what is due beyond it is dropped and counted, never delayed.
  public var inFlight: Int
  /// Reply headers that the users send back, besides cookies: the contract names them.
  public var echo: [String]
  /// The weight of each operation.
  public var mix: [Operation: Int]
  /// Products that get more than Zipf's law gives them; `nil` for none.
  public var hot: HotPlan?
  /// What is in a cart; `nil` for up to three lines of up to three pieces.
  public var cart: CartPlan?

  /// A load.
  public init(
    rate: Double, arrival: Arrival, users: Int, products: Int, zipf: Double, patience: Duration, inFlight: Int,
    echo: [String], mix: [Operation: Int], hot: HotPlan? = nil, cart: CartPlan? = nil
  ) {
    self.rate = rate
    self.arrival = arrival
    self.users = users
    self.products = products
    self.zipf = zipf
    self.patience = patience
    self.inFlight = inFlight
    self.echo = echo
    self.mix = mix
    self.hot = hot
    self.cart = cart
  }
}
