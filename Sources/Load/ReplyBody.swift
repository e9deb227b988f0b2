import NIOCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the load reads of a reply: everything is optional, for the shop may answer anything.
struct ReplyBody: Decodable {
  struct Problem: Decodable {
    var code: String?
    var message: String?
  }
  struct Line: Decodable {
    var sku: String?
    var price: Int64?
    enum CodingKeys: String, CodingKey {
      case sku
      case price = "price_cents"
    }
  }

  var id: String?
  var status: String?
  var sku: String?
  var description: String?
  var total: Int64?
  var price: Int64?
  var initial: Int64?
  var onHand: Int64?
  var reserved: Int64?
  var sold: Int64?
  var version: Int64?
  var error: Problem?
  var products: [Line]?

  enum CodingKeys: String, CodingKey {
    case id, status, sku, description, initial, reserved, sold, version, error, products
    case total = "total_cents"
    case price = "price_cents"
    case onHand = "on_hand"
  }

  /// Reads a body; `nil` when it is no JSON object or says something else under these names.
  init?(_ text: ByteBuffer) {
    guard let body = try? JSONDecoder().decode(ReplyBody.self, from: Data(text.readableBytesView)) else { return nil }
    self = body
  }

  /// The numbers of the reply by name; for a list of products the price of each.
  var values: [String: Int64]? {
    var values: [String: Int64] = [:]
    values["total_cents"] = total
    values["price_cents"] = price
    values["initial"] = initial
    values["on_hand"] = onHand
    values["reserved"] = reserved
    values["sold"] = sold
    values["version"] = version
    // Five of a list are enough to see whether its content is real.
    for line in (products ?? []).prefix(5) {
      if let sku = line.sku, let price = line.price { values["price:\(sku)"] = price }
    }
    return values.isEmpty ? nil : values
  }
}
