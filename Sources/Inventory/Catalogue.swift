import Clients
import FleetAPI
import NIOCore
import ServiceKit

/// Products, read through the cache, and their stock, which never is: it changes with each order.
struct Catalogue: Sendable {
  let database: Database<InventorySQL>
  let cache: ProductCache

  /// A product as JSON.
  /// - Throws: `ServiceError` 404; `PostgresError`.
  func product(_ sku: String) async throws -> ByteBuffer {
    let product = try await cache.value("product:\(sku)") {
      guard let row = try await database.read(.product, sku).first else { return nil }
      var text = ""
      try append(row, to: &text)
      return ByteBuffer(string: text)
    }
    guard let product else { throw ServiceError.unknownProduct(sku) }
    return product
  }

  /// The first products as JSON, in order of sku.
  /// - Throws: `PostgresError`.
  func list(limit: Int) async throws -> ByteBuffer {
    let list = try await cache.value("products:\(limit)") {
      var text = #"{"products":["#
      for (index, row) in try await database.read(.products, limit).enumerated() {
        if index > 0 { text += "," }
        try append(row, to: &text)
      }
      text += "]}"
      return ByteBuffer(string: text)
    }
    return list ?? ByteBuffer()
  }

  /// A product's stock.
  /// - Throws: `ServiceError` 404; `PostgresError`.
  func stock(_ sku: String) async throws -> StockLevel {
    guard let row = try await database.read(.stock, sku).first else { throw ServiceError.unknownProduct(sku) }
    let (sku, initial, onHand, reserved, sold, version) = try row.decode(
      (String, Int64, Int64, Int64, Int64, Int64).self)
    return StockLevel(
      sku: sku, initial: initial, onHand: onHand, reserved: reserved, sold: sold, version: version)
  }

  private func append(_ row: PostgresRow, to text: inout String) throws {
    let (sku, name, description, price, updated) = try row.decode((String, String, String, Int64, String).self)
    Product(sku: sku, name: name, description: description, priceCents: price, updatedAt: updated)
      .appendJSON(to: &text)
  }
}
