#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Asks a Prometheus (2.x) over its HTTP API.
public struct PrometheusProbe: Sendable {
  private let http: HTTPProbe
  private let base: String

  /// The Prometheus at `base`, for instance `http://127.0.0.1:9090`.
  public init(http: HTTPProbe, base: String) {
    self.http = http
    self.base = base
  }

  /// An alert that is not inactive.
  public struct Alert: Sendable, Equatable, Codable {
    /// `pending` or `firing`.
    public var state: String
    /// The labels, `alertname` among them.
    public var labels: [String: String]

    /// The label `alertname`.
    public var name: String { labels["alertname"] ?? "" }
    /// What tells this alert from others of the same rule.
    public var identity: String {
      labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
  }

  private struct Envelope<Content: Decodable>: Decodable {
    var status: String
    var data: Content
  }
  private struct Alerts: Decodable { var alerts: [Alert] }
  /// A vector, or a scalar as a vector of one.
  private struct Vector: Decodable {
    struct Series: Decodable {
      var metric: [String: String]
      var value: Pair
    }
    struct Pair: Decodable {
      var value: Double
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        _ = try list.decode(Double.self)
        value = Double(try list.decode(String.self)) ?? .nan
      }
    }
    var result: [Series]

    private enum Key: String, CodingKey { case resultType, result }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      if try container.decode(String.self, forKey: .resultType) == "scalar" {
        result = [Series(metric: [:], value: try container.decode(Pair.self, forKey: .result))]
      } else {
        result = try container.decode([Series].self, forKey: .result)
      }
    }
  }

  /// Prometheus gave no useful answer.
  public struct Trouble: Error, CustomStringConvertible {
    /// What came instead.
    public var description: String
  }

  /// The alerts that are pending or firing (`/api/v1/alerts`).
  public func alerts() async throws -> [Alert] {
    try await get("/api/v1/alerts", Alerts.self).alerts
  }

  private struct RuleGroups: Decodable {
    struct Group: Decodable { var rules: [Rule] }
    struct Rule: Decodable {
      var name: String
      var query: String
      var type: String
    }
    var groups: [Group]
  }

  /// All rules (`/api/v1/rules`).
  public func rules() async throws -> PrometheusRules {
    let all = try await get("/api/v1/rules", RuleGroups.self).groups.flatMap(\.rules)
    func named(_ type: String) -> [String: [String]] {
      Dictionary(grouping: all.filter { $0.type == type }, by: \.name).mapValues { $0.map(\.query) }
    }
    return PrometheusRules(alerts: named("alerting"), recorded: named("recording"))
  }

  /// The names of all series that there are (`/api/v1/label/__name__/values`).
  public func seriesNames() async throws -> Set<String> {
    Set(try await get("/api/v1/label/__name__/values", [String].self))
  }

  /// The value of an expression, by labels (`/api/v1/query`); the expression must give an instant vector or a scalar.
  ///
  /// - Parameter time: seconds since 1970; `nil` for now.
  public func query(
    _ expression: String, at time: Double? = nil
  ) async throws -> [(labels: [String: String], value: Double)] {
    let moment = time.map { "&time=\($0)" } ?? ""
    return try await get("/api/v1/query?query=\(Self.escaped(expression))\(moment)", Vector.self).result
      .map { ($0.metric, $0.value.value) }
  }

  /// The alerts that fired between two times (`/api/v1/query_range`), the oldest first; times in seconds since 1970.
  public func firings(from begin: Double, to end: Double) async throws -> [AlertFiring] {
    let expression = Self.escaped("max by (alertname) (ALERTS{alertstate=\"firing\"})")
    // It gives 11000 points of a series at most.
    let step = max(1, ((end - begin) / 10_000).rounded(.up))
    let range = "start=\(begin)&end=\(end)&step=\(step)"
    return try AlertFiring.all(in: await body("/api/v1/query_range?query=\(expression)&\(range)"))
  }

  private static func escaped(_ expression: String) -> String {
    expression.utf8.map { byte -> String in
      let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      let hex = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
    }.joined()
  }

  private func body(_ path: String) async throws -> Data {
    let reply = try await http.send("GET", base + path, timeout: .seconds(2))
    guard reply.status == 200 else { throw Trouble(description: "Prometheus answered \(reply.status)") }
    return reply.body
  }

  private func get<Content: Decodable>(_ path: String, _ type: Content.Type) async throws -> Content {
    let envelope = try JSONDecoder().decode(Envelope<Content>.self, from: try await body(path))
    guard envelope.status == "success" else { throw Trouble(description: "Prometheus says \(envelope.status)") }
    return envelope.data
  }
}
