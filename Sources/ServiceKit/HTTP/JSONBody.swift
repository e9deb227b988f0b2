import FleetAPI
public import Hummingbird
public import NIOCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// JSON in and out, with errors that say what is wrong.
public enum JSONBody {
  /// Decodes a request's body.
  /// - Throws: `ServiceError` 413 (larger than `Limits.bodyBytes`), 400 (not JSON) or 422 (not the right JSON).
  public static func decode<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
    try decode(type, from: try await bytes(of: request))
  }

  /// A request's whole body.
  /// - Throws: `ServiceError` 413 when it is larger than `Limits.bodyBytes`.
  public static func bytes(of request: Request) async throws -> ByteBuffer {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Limits.bodyBytes {
      throw ServiceError(413, .bodyTooLarge, "The body may hold at most \(Limits.bodyBytes) bytes, not \(length).")
    }
    return try await request.body.collect(upTo: Limits.bodyBytes)
  }

  /// Decodes JSON.
  /// - Throws: `ServiceError` 400 (not JSON) or 422 (not the right JSON).
  public static func decode<Value: Decodable>(_ type: Value.Type, from buffer: ByteBuffer) throws -> Value {
    let data = Data(buffer.readableBytesView)
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch let error as DecodingError {
      // A number that doesn't fit its place is reported just like broken JSON.
      if case .dataCorrupted(let context) = error, context.codingPath.isEmpty,
        (try? JSONDecoder().decode(AnyJSON.self, from: data)) != nil
      {
        throw ServiceError.invalid("The body holds a number that isn't allowed there: counts and amounts are whole.")
      }
      throw serviceError(for: error)
    }
  }

  /// Encodes a value, keys in order, so that equal values give equal bytes.
  public static func encode(_ value: some Encodable) throws -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ByteBuffer(bytes: try encoder.encode(value))
  }

  /// A JSON response. A value that can't be encoded (a number that isn't one) gives a 500 with an error in it.
  public static func response(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    do {
      return response(bytes: try encode(value), status: status, headers: headers)
    } catch {
      let text = #"{"error":{"code":"internal_error","message":"The answer can't be written as JSON."}}"#
      return response(bytes: ByteBuffer(string: text), status: .internalServerError, headers: headers)
    }
  }

  /// A response whose JSON is ready.
  public static func response(
    bytes: ByteBuffer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: .init(byteBuffer: bytes))
  }

  static func serviceError(for error: DecodingError) -> ServiceError {
    switch error {
    case .keyNotFound(let key, let context):
      return .invalid("\(path(context.codingPath + [key])) is missing.")
    case .typeMismatch(let type, let context):
      return .invalid("\(path(context.codingPath)) must be \(name(of: type)).")
    case .valueNotFound(let type, let context):
      return .invalid("\(path(context.codingPath)) must be \(name(of: type)), not null.")
    case .dataCorrupted(let context):
      // Without a path it is the text that can't be read, with one it is a value in it.
      if context.codingPath.isEmpty { return ServiceError(400, .badJSON, "The body must be valid JSON in UTF-8.") }
      return .invalid("\(path(context.codingPath)) has a value that isn't allowed.")
    @unknown default:
      return ServiceError(400, .badJSON, "The body must be valid JSON in UTF-8.")
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    if keys.isEmpty { return "The body" }
    var text = ""
    for key in keys {
      if let index = key.intValue { text += "[\(index)]" } else { text += (text.isEmpty ? "" : ".") + key.stringValue }
    }
    return text
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    default: String(describing: type).hasPrefix("Array") ? "a list" : "an object"
    }
  }
}

/// JSON of any kind, read in full only to see that it is JSON.
private enum AnyJSON: Decodable {
  case scalar
  case list([AnyJSON])
  case object([String: AnyJSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let list = try? container.decode([AnyJSON].self) {
      self = .list(list)
    } else if let object = try? container.decode([String: AnyJSON].self) {
      self = .object(object)
    } else {
      let isScalar =
        container.decodeNil() || (try? container.decode(Bool.self)) != nil
        || (try? container.decode(Double.self)) != nil || (try? container.decode(String.self)) != nil
      guard isScalar else { throw DecodingError.dataCorruptedError(in: container, debugDescription: "not JSON") }
      self = .scalar
    }
  }
}
