/// The body of payment's `POST /charges`.
public struct ChargeRequest: Codable, Sendable, Equatable {
  /// The order to pay (UUID).
  public var orderID: String
  /// How much, in cents.
  public var amountCents: Int64
  /// Charging twice with one key charges once.
  public var idempotencyKey: String

  /// A charge to make.
  public init(orderID: String, amountCents: Int64, idempotencyKey: String) {
    self.orderID = orderID
    self.amountCents = amountCents
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case orderID = "order_id"
    case amountCents = "amount_cents"
    case idempotencyKey = "idempotency_key"
  }
}

/// A charge as payment keeps it.
public struct Charge: Codable, Sendable, Equatable {
  /// The charge's id (UUID).
  public var id: String
  /// The order it pays.
  public var orderID: String
  /// How much, in cents.
  public var amountCents: Int64
  /// `pending`, `charged` or `declined`.
  public var status: String
  /// The provider's id of it, once known.
  public var providerID: String?

  /// A charge.
  public init(id: String, orderID: String, amountCents: Int64, status: String, providerID: String?) {
    self.id = id
    self.orderID = orderID
    self.amountCents = amountCents
    self.status = status
    self.providerID = providerID
  }

  enum CodingKeys: String, CodingKey {
    case id, status
    case orderID = "order_id"
    case amountCents = "amount_cents"
    case providerID = "provider_id"
  }
}

/// The body of the provider's `POST /v1/charges`; the key is the header `Idempotency-Key`.
public struct ProviderChargeRequest: Codable, Sendable, Equatable {
  /// How much, in cents.
  public var amountCents: Int64

  /// A charge to make.
  public init(amountCents: Int64) {
    self.amountCents = amountCents
  }

  enum CodingKeys: String, CodingKey {
    case amountCents = "amount_cents"
  }
}

/// A charge in the provider's ledger.
public struct ProviderCharge: Codable, Sendable, Equatable {
  /// The provider's id of it.
  public var id: String
  /// The key it was asked with.
  public var idempotencyKey: String
  /// How much, in cents.
  public var amountCents: Int64
  /// When it was made (RFC 3339).
  public var at: String

  /// A charge.
  public init(id: String, idempotencyKey: String, amountCents: Int64, at: String) {
    self.id = id
    self.idempotencyKey = idempotencyKey
    self.amountCents = amountCents
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case id, at
    case idempotencyKey = "idempotency_key"
    case amountCents = "amount_cents"
  }
}

/// The answer to the provider's `GET /v1/ledger`.
public struct ProviderLedger: Codable, Sendable, Equatable {
  /// Every charge made, oldest first.
  public var charges: [ProviderCharge]

  /// A ledger.
  public init(charges: [ProviderCharge]) {
    self.charges = charges
  }
}

/// How the provider behaves from now on: the body of `PUT /v1/behaviour` (what is left out stays) and its answer.
public struct ProviderBehaviour: Codable, Sendable, Equatable {
  /// How long one charge takes, in ms (0 to 600,000).
  public var latencyMS: Int?
  /// How many charges are worked on at once (1 to 100,000); the rest queue in order.
  public var capacity: Int?
  /// The share of charges that fail with 500 and charge nothing, 0 to 1.
  public var errorRate: Double?
  /// The share of charges that are made without ever being answered, 0 to 1.
  public var silenceRate: Double?
  /// The share of charges that are declined with 402, 0 to 1.
  public var declineRate: Double?

  /// A change of behaviour.
  public init(
    latencyMS: Int? = nil, capacity: Int? = nil, errorRate: Double? = nil, silenceRate: Double? = nil,
    declineRate: Double? = nil
  ) {
    self.latencyMS = latencyMS
    self.capacity = capacity
    self.errorRate = errorRate
    self.silenceRate = silenceRate
    self.declineRate = declineRate
  }

  enum CodingKeys: String, CodingKey {
    case capacity
    case latencyMS = "latency_ms"
    case errorRate = "error_rate"
    case silenceRate = "silence_rate"
    case declineRate = "decline_rate"
  }
}
