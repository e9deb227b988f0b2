/// The limits of the public API.
public enum Limits {
  /// How large a request's body may be, in bytes.
  public static let bodyBytes = 1 << 20
  /// How many pieces of one product a cart may hold.
  public static let quantity = 1...100
  /// How many lines a cart may hold.
  public static let cartLines = 1...100
  /// How many products one `GET /products` may return.
  public static let listLength = 1...500
  /// How long an idempotency key may be, in characters.
  public static let keyLength = 1...200
}
