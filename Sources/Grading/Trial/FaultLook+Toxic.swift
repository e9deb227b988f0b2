import DrillCore
import Engine
import Probes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// A link of the judge's proxy: what the proxy says of it, and what becomes of a connection of the judge's own through
// it, held against one to the target itself.
extension FaultLook {
  private struct Links: Decodable {
    struct Link: Decodable {
      var name: String
      var port: Int
      var target: String
    }
    var links: [Link]
  }

  /// The proxy's list of toxics, and each as the parameters of a fault.
  struct Toxics: Decodable {
    enum Value: Decodable {
      case number(Double)
      case text(String)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }

      func equals(_ text: String) -> Bool {
        switch self {
        case .number(let number): Double(text) == number
        case .text(let own): own == text
        }
      }
    }
    var toxics: [[String: Value]]

    /// The one that a fault with these parameters has made.
    func first(like parameters: [String: String]) -> [String: Value]? {
      toxics.first { toxic in
        parameters.allSatisfy { name, text in
          name == "proxy" || toxic[name == "type" ? "kind" : name]?.equals(text) == true
        }
      }
    }
  }

  /// So many connections at once.
  private static let atOnce = 20

  func toxic(_ parameters: [String: String]) async -> (Bool, String) {
    let host = parameters["proxy"] ?? ""
    let name = parameters["link"] ?? ""
    do {
      let nodes = try await context.engine.nodes().filter(\.isUp)
      guard let proxy = nodes.first(where: { $0.judge && ($0.name == host || $0.service == host) }) else {
        return (false, "the judge has no proxy \(host)")
      }
      let toxics = try JSONDecoder().decode(Toxics.self, from: await ask(proxy, "/v1/toxics"))
      guard toxics.first(like: parameters) != nil else { return (false, "the proxy knows no such toxic") }
      let links = try JSONDecoder().decode(Links.self, from: await ask(proxy, "/v1/links")).links
      guard let link = links.first(where: { $0.name == name }), let colon = link.target.lastIndex(of: ":"),
        let port = Int(link.target[link.target.index(after: colon)...]),
        let target = nodes.first(where: { [$0.name, $0.service].contains(String(link.target[..<colon])) })
      else { return (false, "nothing runs behind the link \(name)") }
      let through = StreamProbe(host: proxy.address, port: link.port)
      if parameters["type"] == "fail_first" { return await failed(through, proxy, parameters) }
      return await shows(parameters, through, StreamProbe(host: target.address, port: port))
    } catch {
      return (false, "\(error)")
    }
  }

  private func shows(
    _ parameters: [String: String], _ through: StreamProbe, _ direct: StreamProbe
  ) async -> (Bool, String) {
    let first = await direct.look(saying: Self.question(direct.port), for: .milliseconds(500))
    guard first.state == .closed || first.state == .open else { return (false, "the target itself is \(first.state)") }
    let sign = ToxicSign(parameters, answer: first.bytes)
    if case .unseen(let reason) = sign.sight {
      return (true, "the proxy says so; nobody can see it: \(reason)")
    }
    var left = sign.tries
    var last = "nothing was seen"
    while left > 0 {
      let batch = min(left, parameters["probability"] == nil && parameters["jitter_ms"] == nil ? 1 : Self.atOnce)
      left -= batch
      async let plain = look(direct, sign, direct.port, enough: sign.enough)
      let seen = await withTaskGroup(of: StreamProbe.Sight.self) { group in
        for _ in 0..<batch { group.addTask { await look(through, sign, direct.port) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      let control = await plain
      guard let telling = seen.first(where: sign.isShown) ?? seen.last else { continue }
      last = "through the link: \(Self.words(telling)); without it: \(Self.words(control))"
      if sign.isShown(by: telling), sign.isPlain(control) { return (true, last) }
    }
    return (false, last)
  }

  /// The judge's own connection would use up one of those that are to fail, so the proxy is asked first whether it has
  /// ended one of somebody else's; only where nobody comes the judge does.
  private func failed(
    _ through: StreamProbe, _ proxy: NodeStatus, _ parameters: [String: String]
  ) async -> (Bool, String) {
    for _ in 0..<10 {
      let data = try? await ask(proxy, "/v1/toxics")
      let now = data.flatMap { try? JSONDecoder().decode(Toxics.self, from: $0) }?.first(like: parameters)
      if case .number(let count)? = now?["failed"], count > 0 {
        return (true, "\(Int(count)) connections were ended at once")
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
    let own = await through.look(for: .milliseconds(500))
    return (own.state == .reset, "nobody came; of the judge's own: \(Self.words(own))")
  }

  private func look(
    _ probe: StreamProbe, _ sign: ToxicSign, _ port: Int, enough: Int = .max
  ) async -> StreamProbe.Sight {
    switch sign.manner {
    case .ask: await probe.look(saying: Self.question(port), for: sign.time, enough: enough)
    case .askAtLength(let length):
      await probe.look(saying: Self.question(port, length: length), for: sign.time, enough: enough)
    case .listen: await probe.look(for: sign.time)
    case .hangUp: await probe.look(hangsUp: true, for: sign.time)
    }
  }

  /// What gets an answer from whoever listens at that port: Postgres and PgBouncer (a request for TLS), Redis, or a
  /// service that speaks HTTP.
  static func question(_ port: Int, length: Int = 0) -> [UInt8] {
    switch port {
    case 5432, 6432: return [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
    case 6379: return Array(String(repeating: "PING\r\n", count: 1 + length / 6).utf8)
    default:
      let line = "X-Filler: " + String(repeating: "x", count: 1000) + "\r\n"
      let lines = String(repeating: line, count: (length + 999) / 1000)
      return Array("GET /metrics HTTP/1.1\r\nHost: judge\r\nConnection: close\r\n\(lines)\r\n".utf8)
    }
  }

  private static func words(_ sight: StreamProbe.Sight) -> String {
    "\(sight.state), \(sight.bytes) bytes after \(Int(sight.took / .milliseconds(1))) ms"
  }

  private func ask(_ proxy: NodeStatus, _ path: String) async throws -> Data {
    let url = "http://\(proxy.address):\(TrialContext.servicePort)\(path)"
    let token = try context.engine.secret("proxy-token")
    let reply = try await context.http.send("GET", url, token: token, timeout: .seconds(2))
    guard reply.status == 200 else { throw GradingError("the proxy answered \(reply.status) to \(path)") }
    return reply.body
  }
}
