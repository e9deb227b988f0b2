public import FleetAPI
public import Hummingbird

/// Checks of what callers send. Each message says what is right.
public enum Validation {
  /// A cart in order of sku.
  /// - Throws: `ServiceError` 422 for an empty or too long cart, a quantity out of range, or a sku that stands twice.
  public static func cart(_ items: [CartItem]) throws -> [CartItem] {
    guard Limits.cartLines.contains(items.count) else {
      throw ServiceError.invalid("items must hold 1 to \(Limits.cartLines.upperBound) lines, not \(items.count).")
    }
    for (index, item) in items.enumerated() {
      guard isSKU(item.sku) else { throw ServiceError.invalid("items[\(index)].sku must be a product's sku.") }
      guard Limits.quantity.contains(item.quantity) else {
        throw ServiceError.invalid(
          "items[\(index)].quantity must be from \(Limits.quantity.lowerBound) to \(Limits.quantity.upperBound), "
            + "not \(item.quantity).")
      }
    }
    let sorted = items.sorted { $0.sku < $1.sku }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.sku == second.sku {
      throw ServiceError.invalid("items must name each sku once; \(first.sku) stands there twice.")
    }
    return sorted
  }

  /// Whether a text could be a sku at all: 1 to 64 letters, digits, `-`, `_` or `.`.
  public static func isSKU(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }

  /// A UUID in lower case.
  /// - Throws: `ServiceError` 422 naming `field` when it isn't one.
  public static func uuid(_ text: String, field: String) throws -> String {
    let lengths = text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
    let isValid =
      lengths == [8, 4, 4, 4, 12]
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x2D: true
        default: false
        }
      }
    guard isValid else { throw ServiceError.invalid("\(field) must be a UUID.") }
    return text.lowercased()
  }

  /// A number in the query, `?limit=20`.
  /// - Throws: `ServiceError` 422 when it isn't a whole number in the range.
  public static func limit(
    in request: Request, default fallback: Int, range: ClosedRange<Int> = Limits.listLength
  ) throws -> Int {
    guard let text = request.uri.queryParameters["limit"] else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw ServiceError.invalid("limit must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }
}
