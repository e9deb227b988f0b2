import CPlatform
import Glibc
public import ServiceKit

/// One port that the proxy listens on, and where it leads.
public struct LinkSpec: Sendable, Equatable {
  /// What the link is called: 1 to 32 lower-case letters, digits, `-` or `_`.
  public var name: String
  /// The port it listens on; 0 takes any free one.
  public var port: Int
  /// Where it leads.
  public var target: Endpoint

  /// A link.
  public init(name: String, port: Int, target: Endpoint) {
    self.name = name
    self.port = port
    self.target = target
  }

  /// Reads `name=listenport:targethost:targetport`; nil when it isn't that.
  init?(_ text: Substring) {
    let halves = text.split(separator: "=", omittingEmptySubsequences: false)
    guard halves.count == 2, Self.isName(halves[0]), let colon = halves[1].firstIndex(of: ":"),
      let port = Int(halves[1][..<colon]), (1...65_535).contains(port),
      let target = Endpoint(halves[1][halves[1].index(after: colon)...])
    else { return nil }
    self.init(name: String(halves[0]), port: port, target: target)
  }

  private static func isName(_ text: Substring) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
  }
}

/// A link at work.
final class Link {
  /// Its place among the links.
  let index: Int
  let spec: LinkSpec
  /// The port it got.
  let port: Int
  /// Where it leads when that is no name.
  let fixedTarget: cplatform_address?
  private(set) var listener: Int32
  /// Refused now, by a toxic.
  var refuses = false
  /// Connections ever accepted; the next one's number.
  var accepted = 0
  var open = 0
  /// Connections for which the target could not be reached.
  var failedDials = 0
  /// Bytes passed on, by direction.
  var bytes = [0, 0]

  init(index: Int, spec: LinkSpec, listener: Int32) {
    self.index = index
    self.spec = spec
    self.listener = listener
    port = Int(cplatform_tcp_port(listener))
    fixedTarget = Resolver.numeric(spec.target.host, UInt16(spec.target.port))
  }

  func close() {
    guard listener >= 0 else { return }
    _ = Glibc.close(listener)
    listener = -1
  }
}
