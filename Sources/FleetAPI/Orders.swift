/// The body of `POST /orders`.
public struct OrderRequest: Codable, Sendable, Equatable {
  /// The cart: 1 to 100 lines, each sku once.
  public var items: [CartItem]

  /// An order of these items.
  public init(items: [CartItem]) {
    self.items = items
  }
}

/// An order as its session sees it.
public struct OrderReply: Codable, Sendable, Equatable {
  /// The order's id (UUID).
  public var id: String
  /// `pending`, `reserved`, `confirmed`, `cancelling`, `cancelled` or `failed`.
  public var status: String
  /// What was ordered, in order of sku.
  public var items: [PricedItem]
  /// The price of it all in cents.
  public var totalCents: Int64
  /// When it was placed (RFC 3339).
  public var createdAt: String

  /// An order.
  public init(id: String, status: String, items: [PricedItem], totalCents: Int64, createdAt: String) {
    self.id = id
    self.status = status
    self.items = items
    self.totalCents = totalCents
    self.createdAt = createdAt
  }

  enum CodingKeys: String, CodingKey {
    case id, status, items
    case totalCents = "total_cents"
    case createdAt = "created_at"
  }
}

/// The answer to `GET /orders`: the session's own, newest first.
public struct OrderList: Codable, Sendable, Equatable {
  /// The orders.
  public var orders: [OrderReply]

  /// A list of orders.
  public init(orders: [OrderReply]) {
    self.orders = orders
  }
}

/// The answer to `GET /admin/report`.
public struct SalesReport: Codable, Sendable, Equatable {
  /// A product's share of the sales.
  public struct Line: Codable, Sendable, Equatable {
    /// The article's number.
    public var sku: String
    /// How many pieces were sold.
    public var pieces: Int64
    /// For how many cents.
    public var revenueCents: Int64

    /// A line of the report.
    public init(sku: String, pieces: Int64, revenueCents: Int64) {
      self.sku = sku
      self.pieces = pieces
      self.revenueCents = revenueCents
    }

    enum CodingKeys: String, CodingKey {
      case sku, pieces
      case revenueCents = "revenue_cents"
    }
  }

  /// How many orders are in which state.
  public var orders: [String: Int64]
  /// What confirmed orders brought, in cents.
  public var revenueCents: Int64
  /// The products that brought most, at most 20.
  public var bestSellers: [Line]

  /// A report.
  public init(orders: [String: Int64], revenueCents: Int64, bestSellers: [Line]) {
    self.orders = orders
    self.revenueCents = revenueCents
    self.bestSellers = bestSellers
  }

  enum CodingKeys: String, CodingKey {
    case orders
    case revenueCents = "revenue_cents"
    case bestSellers = "best_sellers"
  }
}

/// The answer to `POST /sessions`.
public struct SessionReply: Codable, Sendable, Equatable {
  /// The session's id: also in the cookie `session`.
  public var id: String

  /// A session.
  public init(id: String) {
    self.id = id
  }
}
