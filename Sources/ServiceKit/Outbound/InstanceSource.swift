/// One instance of another service.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Its name or address.
  public var host: String
  /// Its TCP port.
  public var port: Int

  /// An instance at this address.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port`; nil when it isn't one.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let port = Int(parts[1]), (1...65_535).contains(port),
      !parts[0].contains(where: { $0 == "/" || $0.isWhitespace })
    else { return nil }
    host = String(parts[0])
    self.port = port
  }

  /// `host:port`.
  public var description: String { "\(host):\(port)" }
}

/// Where the instances of another service come from.
public enum InstanceSource: Sendable, Equatable {
  /// They are given.
  case list([Endpoint])
  /// They are all addresses that a name has at the moment.
  case dns(Endpoint)

  /// How a source is written.
  public static let syntax = "host:port,host:port,... or dns:name:port"

  /// Reads `host:port,host:port` or `dns:name:port`; nil when it is neither.
  public init?(_ text: String) {
    if text.hasPrefix("dns:") {
      guard let name = Endpoint(text.dropFirst(4)) else { return nil }
      self = .dns(name)
      return
    }
    let endpoints = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Endpoint($0.drop { $0 == " " })
    }
    let valid = endpoints.compactMap { $0 }
    guard !valid.isEmpty, valid.count == endpoints.count else { return nil }
    self = .list(valid)
  }
}

extension SettingsReader {
  /// The instances of another service: `host:port,...` or `dns:name:port`.
  public mutating func instances(_ key: String, default fallback: String) -> InstanceSource {
    let text = optionalText(key) ?? fallback
    if let source = InstanceSource(text) { return source }
    report(key, value: text, allowed: InstanceSource.syntax)
    return .list([])
  }
}
