/// A piece of a YAML file that knows where it stands. Anchors and merge keys (`<<`) are already resolved.
public struct YAMLNode: Sendable, Equatable {
  /// What the piece is.
  public enum Content: Sendable, Equatable {
    /// Nothing after the colon, `~` or `null`.
    case null
    /// A text; `plain` without quotes.
    case scalar(String, plain: Bool)
    /// A list.
    case sequence([YAMLNode])
    /// Keys and values in the order of the file.
    case mapping([YAMLEntry])
  }

  /// What the piece is.
  public var content: Content
  /// Where it begins.
  public var place: YAMLPlace

  /// Creates a node.
  public init(_ content: Content, place: YAMLPlace) {
    self.content = content
    self.place = place
  }

  /// What the piece is, for messages: "a list".
  public var kind: String {
    switch content {
    case .null: "nothing"
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a map of keys"
    }
  }

  /// The node with every text replaced; keys stay.
  public func mapTexts(_ key: String = "", _ transform: (_ text: String, _ at: YAMLPlace, _ key: String) -> String)
    -> Self
  {
    switch content {
    case .null: self
    case .scalar(let text, let plain): YAMLNode(.scalar(transform(text, place, key), plain: plain), place: place)
    case .sequence(let items):
      YAMLNode(.sequence(items.enumerated().map { $1.mapTexts("\(key)[\($0)]", transform) }), place: place)
    case .mapping(let entries):
      YAMLNode(
        .mapping(
          entries.map {
            YAMLEntry(
              key: $0.key, keyPlace: $0.keyPlace,
              value: $0.value.mapTexts(key.isEmpty ? $0.key : "\(key).\($0.key)", transform))
          }), place: place)
    }
  }
}

/// A key with its value.
public struct YAMLEntry: Sendable, Equatable {
  /// The key's text.
  public var key: String
  /// Where the key stands.
  public var keyPlace: YAMLPlace
  /// What follows the colon.
  public var value: YAMLNode
}
