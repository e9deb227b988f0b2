public import ServiceKit

/// What the order service can be told, beside `DatabaseSettings` and `ReadSettings` with the prefix `ORDER`.
///
/// - `ORDER_INVENTORY_INSTANCES` (default `dns:inventory:8080`), `ORDER_PAYMENT_INSTANCES` (default
///   `dns:payment:8080`).
/// - `ORDER_INVENTORY_...` and `ORDER_PAYMENT_...` as in `OutboundPolicy` (time-outs by default 2000 and 3000 ms).
/// - `ORDER_RESERVATION_TTL` (ms, default 900000): how long a cart is held while the order is placed.
/// - `ORDER_CLAIM` (ms, default 30000): how long a request has an order to itself; more than its calls can take
///   together.
/// - `ORDER_REPEAT_WAIT` (ms, default 5000): how long a repeated request waits for the first to end.
/// - `ORDER_RECOVERY_INTERVAL` (ms, default 5000; 0: never): how often orders that were left halfway are looked for.
/// - `ORDER_RECOVERY_AGE` (ms, default 30000): how long an order must have been left.
public struct OrderSettings: Sendable {
  /// The database.
  public var database: DatabaseSettings
  /// The instances of the inventory.
  public var inventory: InstanceSource
  /// The instances of payment.
  public var payment: InstanceSource
  /// How the inventory is called.
  public var inventoryPolicy = OutboundPolicy(timeout: .seconds(2))
  /// How payment is called.
  public var paymentPolicy = OutboundPolicy(timeout: .seconds(3))
  /// How long a cart is held while the order is placed.
  public var reservationTTL: Duration = .seconds(900)
  /// How long a request has an order to itself.
  public var claim: Duration = .seconds(30)
  /// How long a repeated request waits for the first to end.
  public var repeatWait: Duration = .seconds(5)
  /// How often orders that were left halfway are looked for; zero: never.
  public var recoveryInterval: Duration = .seconds(5)
  /// How long an order must have been left.
  public var recoveryAge: Duration = .seconds(30)

  /// Settings as given, the rest as by default.
  public init(database: DatabaseSettings, inventory: InstanceSource, payment: InstanceSource) {
    self.database = database
    self.inventory = inventory
    self.payment = payment
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    database = DatabaseSettings(reading: &reader, prefix: "ORDER", database: "orders")
    database.reads = ReadSettings(reading: &reader, prefix: "ORDER")
    inventory = reader.instances("ORDER_INVENTORY_INSTANCES", default: "dns:inventory:8080")
    payment = reader.instances("ORDER_PAYMENT_INSTANCES", default: "dns:payment:8080")
    inventoryPolicy = OutboundPolicy(reading: &reader, prefix: "ORDER", upstream: "INVENTORY", timeout: 2000)
    paymentPolicy = OutboundPolicy(reading: &reader, prefix: "ORDER", upstream: "PAYMENT", timeout: 3000)
    reservationTTL = reader.milliseconds("ORDER_RESERVATION_TTL", default: 900_000, in: 1000...86_400_000)
    claim = reader.milliseconds("ORDER_CLAIM", default: 30_000)
    repeatWait = reader.milliseconds("ORDER_REPEAT_WAIT", default: 5000, in: 0...600_000)
    recoveryInterval = reader.milliseconds("ORDER_RECOVERY_INTERVAL", default: 5000, in: 0...600_000)
    recoveryAge = reader.milliseconds("ORDER_RECOVERY_AGE", default: 30_000, in: 0...86_400_000)
    let calls = inventoryPolicy.longest * 3 + paymentPolicy.longest
    if claim < calls {
      reader.report(
        "ORDER_CLAIM", value: "\(claim.milliseconds)",
        allowed:
          "at least \(calls.milliseconds) (ms): three calls of the inventory and one of payment, each with its attempts"
      )
    }
  }
}
