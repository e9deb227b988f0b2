#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A JSON document of a json or jsonb column.
public struct PostgresJSON: Sendable, Hashable {
  /// The document's text.
  public var text: String

  /// A document that is already text; the server checks it.
  public init(text: String) { self.text = text }

  /// Encodes a value.
  public init(_ value: some Encodable, encoder: JSONEncoder = JSONEncoder()) throws {
    self.init(text: String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Decodes the document.
  public func decode<T: Decodable>(as type: T.Type = T.self, decoder: JSONDecoder = JSONDecoder()) throws -> T {
    try decoder.decode(type, from: Data(text.utf8))
  }
}

extension PostgresJSON: PostgresEncodable {
  /// jsonb
  public static var postgresType: PostgresType { .jsonb }
  /// The document.
  public var postgresText: String? { text }
}
