// In JSON these look as they do in the Compose file.

extension Topology.RestartPolicy: Codable, CustomStringConvertible {
  /// The policy as the file says it: `no`, `always`, `on-failure:3`, `unless-stopped`.
  public var description: String {
    switch self {
    case .never: "no"
    case .always: "always"
    case .unlessStopped: "unless-stopped"
    case .onFailure(let attempts): attempts.map { "on-failure:\($0)" } ?? "on-failure"
    }
  }

  /// The policy that the text stands for, or nil.
  public init?(_ text: String) {
    switch text {
    case "no": self = .never
    case "always": self = .always
    case "unless-stopped": self = .unlessStopped
    case "on-failure": self = .onFailure(attempts: nil)
    default:
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == "on-failure", let attempts = Int(parts[1]), attempts > 0 else { return nil }
      self = .onFailure(attempts: attempts)
    }
  }

  /// Reads the text of the file.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let policy = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no restart policy")
    }
    self = policy
  }

  /// Writes the text of the file.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Topology.Mount.Source: Codable, CustomStringConvertible {
  /// `./FOLDER` or the name of the volume.
  public var description: String {
    switch self {
    case .folder(let path): "./\(path)"
    case .volume(let name): name
    }
  }

  /// Reads what `description` wrote.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    self = text.hasPrefix("./") ? .folder(String(text.dropFirst(2))) : .volume(text)
  }

  /// Writes `description`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
