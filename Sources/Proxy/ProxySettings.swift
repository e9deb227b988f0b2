public import ServiceKit

/// What the proxy can be told.
///
/// - `PROXY_LINKS` (must be set): what it listens on and where that leads, `name=listenport:targethost:targetport`,
///   separated by commas. It listens on the address of `HTTP_HOST`.
/// - `PROXY_TOKEN_FILE`: the file with the token that opens `/v1`; without it that stays shut.
/// - `PROXY_CONNECT_TIMEOUT` (ms, default 5000): how long looking up and dialling a target may take.
/// - `PROXY_MAX_CONNECTIONS` (connections, default 16384): more wait in the system's queue. The limit of open files
///   bounds it too, at two for each connection.
public struct ProxySettings: Sendable {
  /// What it listens on and where that leads.
  public var links: [LinkSpec]
  /// Opens `/v1`; nil: that stays shut.
  public var token: String?
  /// What bounds its memory and its patience.
  public var limits: ProxyLimits

  /// Settings as given.
  public init(links: [LinkSpec], token: String? = nil, limits: ProxyLimits = ProxyLimits()) {
    self.links = links
    self.token = token
    self.limits = limits
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    links = Self.links(reading: &reader)
    token = reader.secretFile("PROXY_TOKEN_FILE")
    limits = ProxyLimits()
    let timeout = reader.milliseconds("PROXY_CONNECT_TIMEOUT", default: 5000)
    limits.connectTimeout = UInt64(timeout.milliseconds) * 1_000_000
    limits.maxConnections = reader.integer(
      "PROXY_MAX_CONNECTIONS", default: 16_384, in: 1...1_000_000, unit: "connections")
  }

  private static func links(reading reader: inout SettingsReader) -> [LinkSpec] {
    let allowed =
      "name=listenport:targethost:targetport, separated by commas, each name (1 to 32 of a-z, 0-9, - and _) and each "
      + "listenport once"
    let text = reader.requiredText("PROXY_LINKS", allowed: allowed)
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
    let links = parts.compactMap { LinkSpec($0) }
    guard links.count == parts.count, Set(links.map(\.name)).count == links.count,
      Set(links.map(\.port)).count == links.count
    else {
      reader.report("PROXY_LINKS", value: text, allowed: allowed)
      return []
    }
    return links
  }
}
