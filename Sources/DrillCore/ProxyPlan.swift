/// The judge's proxy in a lab: what it listens on, and where that leads. Without one no proxy runs.
///
/// The lab's files send what they like through it, under the name `proxy`; only the judge can break a link.
public struct ProxyPlan: Sendable, Equatable, Codable {
  /// One way through the proxy.
  public struct Link: Sendable, Equatable, Codable {
    /// The port that the proxy listens on.
    public var port: Int
    /// `HOST:PORT`, as nodes of the lab know it.
    public var target: String

    /// A way to `target`.
    public init(port: Int, target: String) {
      self.port = port
      self.target = target
    }
  }

  /// By their names.
  public var links: [String: Link]

  /// A proxy with these links.
  public init(links: [String: Link]) { self.links = links }

  /// The variables of `judge.yaml` that say so.
  public static func variables(_ plan: ProxyPlan?) -> [String: String] {
    let links = (plan?.links ?? [:]).sorted { $0.key < $1.key }
    return [
      "PROXY_REPLICAS": links.isEmpty ? "0" : "1",
      "PROXY_LINKS": links.map { "\($0.key)=\($0.value.port):\($0.value.target)" }.joined(separator: ","),
    ]
  }
}
