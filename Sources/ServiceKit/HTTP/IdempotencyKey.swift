import FleetAPI
import HTTPTypes
public import Hummingbird

/// The header that makes repeating a request safe.
public enum IdempotencyKey {
  /// The request's key.
  /// - Throws: `ServiceError` 400 when it is missing, too long, or holds anything but printable ASCII.
  public static func required(in request: Request) throws -> String {
    guard let key = request.headers[.idempotencyKey], isAllowed(key) else {
      throw ServiceError(
        400, .badHeader,
        "Send a header Idempotency-Key of 1 to 200 printable ASCII characters, a new one for each new order.")
    }
    return key
  }

  /// Whether a text can be a key.
  public static func isAllowed(_ key: String) -> Bool {
    Limits.keyLength.contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
