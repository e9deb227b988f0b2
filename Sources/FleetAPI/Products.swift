/// A product as the shop shows it.
public struct Product: Codable, Sendable, Equatable {
  /// The article's number, `SKU-0001`.
  public var sku: String
  /// Its name.
  public var name: String
  /// What it is.
  public var description: String
  /// The price of one piece in cents.
  public var priceCents: Int64
  /// When it last changed (RFC 3339).
  public var updatedAt: String

  /// A product.
  public init(sku: String, name: String, description: String, priceCents: Int64, updatedAt: String) {
    self.sku = sku
    self.name = name
    self.description = description
    self.priceCents = priceCents
    self.updatedAt = updatedAt
  }

  enum CodingKeys: String, CodingKey {
    case sku, name, description
    case priceCents = "price_cents"
    case updatedAt = "updated_at"
  }
}

/// The answer to `GET /products`.
public struct ProductList: Codable, Sendable, Equatable {
  /// The products, in order of sku.
  public var products: [Product]

  /// A list of products.
  public init(products: [Product]) {
    self.products = products
  }
}

/// How many pieces of a product there are. Always: `initial = on_hand + reserved + sold`.
public struct StockLevel: Codable, Sendable, Equatable {
  /// The article's number.
  public var sku: String
  /// How many there were in the beginning.
  public var initial: Int64
  /// How many can still be reserved.
  public var onHand: Int64
  /// How many are held for carts.
  public var reserved: Int64
  /// How many were sold.
  public var sold: Int64
  /// Grows with each change.
  public var version: Int64

  /// A stock level.
  public init(sku: String, initial: Int64, onHand: Int64, reserved: Int64, sold: Int64, version: Int64) {
    self.sku = sku
    self.initial = initial
    self.onHand = onHand
    self.reserved = reserved
    self.sold = sold
    self.version = version
  }

  enum CodingKeys: String, CodingKey {
    case sku, initial, reserved, sold, version
    case onHand = "on_hand"
  }
}
