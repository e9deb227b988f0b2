/// One line of a cart.
public struct CartItem: Codable, Sendable, Equatable {
  /// The article's number.
  public var sku: String
  /// How many pieces, 1 to 100.
  public var quantity: Int

  /// A line of a cart.
  public init(sku: String, quantity: Int) {
    self.sku = sku
    self.quantity = quantity
  }
}

/// A line of a cart whose price is settled.
public struct PricedItem: Codable, Sendable, Equatable {
  /// The article's number.
  public var sku: String
  /// How many pieces.
  public var quantity: Int
  /// The price of one piece in cents.
  public var priceCents: Int64

  /// A line with its price.
  public init(sku: String, quantity: Int, priceCents: Int64) {
    self.sku = sku
    self.quantity = quantity
    self.priceCents = priceCents
  }

  enum CodingKeys: String, CodingKey {
    case sku, quantity
    case priceCents = "price_cents"
  }
}

/// Asks the inventory to hold a whole cart, or nothing of it.
public struct ReservationRequest: Codable, Sendable, Equatable {
  /// The reservation's id (UUID), chosen by who asks: asking twice with one id reserves once.
  public var id: String
  /// What to hold.
  public var items: [CartItem]
  /// After how many seconds the hold may be given up (1 to 86,400; 60 if left out).
  public var ttlSeconds: Int?

  /// A request to hold a cart.
  public init(id: String, items: [CartItem], ttlSeconds: Int? = nil) {
    self.id = id
    self.items = items
    self.ttlSeconds = ttlSeconds
  }

  enum CodingKeys: String, CodingKey {
    case id, items
    case ttlSeconds = "ttl_seconds"
  }
}

/// A cart held, sold (`confirmed`) or given back (`released`).
public struct Reservation: Codable, Sendable, Equatable {
  /// The id that the caller chose.
  public var id: String
  /// `held`, `confirmed` or `released`.
  public var status: String
  /// What is held, in order of sku, at the promised price.
  public var items: [PricedItem]
  /// The price of it all in cents.
  public var totalCents: Int64
  /// When the hold may be given up (RFC 3339).
  public var expiresAt: String

  /// A reservation.
  public init(id: String, status: String, items: [PricedItem], totalCents: Int64, expiresAt: String) {
    self.id = id
    self.status = status
    self.items = items
    self.totalCents = totalCents
    self.expiresAt = expiresAt
  }

  enum CodingKeys: String, CodingKey {
    case id, status, items
    case totalCents = "total_cents"
    case expiresAt = "expires_at"
  }
}
