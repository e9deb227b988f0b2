import CPlatform
import Glibc

/// Turns names into addresses on threads of their own: looking up blocks, and may block for long. One look-up at a time
/// for each name, and its outcome counts for a second, so a burst of connections asks once and a changed name is seen.
struct Resolver {
  typealias Addresses = [cplatform_address]
  private static let freshFor: UInt64 = 1_000_000_000

  private struct Name: Hashable {
    var host: String
    var port: UInt16
  }

  private let mailbox: Mailbox
  private var known: [Name: (addresses: Addresses, until: UInt64)] = [:]
  private var waiting: [Name: [Token]] = [:]

  init(mailbox: Mailbox) { self.mailbox = mailbox }

  /// The addresses if they are known (none: there is no such name); nil when `waiter` has to wait for
  /// `ProxyLoop.resolved`.
  mutating func addresses(of host: String, port: UInt16, for waiter: Token, now: UInt64) -> Addresses? {
    let name = Name(host: host, port: port)
    if let known = known[name], known.until > now { return known.addresses }
    waiting[name, default: []].append(waiter)
    guard waiting[name]?.count == 1 else { return nil }
    let mailbox = self.mailbox
    let hasStarted = DetachedThread.start("resolver") {
      let found = Self.lookUp(host, port)
      mailbox.send { loop in
        for token in loop.resolver.learn(name, found, now: loop.now) { loop.resolved(token, found) }
      }
    }
    if hasStarted { return nil }
    waiting[name] = nil
    return []
  }

  private mutating func learn(_ name: Name, _ addresses: Addresses, now: UInt64) -> [Token] {
    known[name] = (addresses, now + Self.freshFor)
    return waiting.removeValue(forKey: name) ?? []
  }

  /// The address that a text already is; nil when it is a name.
  static func numeric(_ host: String, _ port: UInt16) -> cplatform_address? {
    var address = cplatform_address()
    return cplatform_numeric_address(host, port, &address) == 1 ? address : nil
  }

  /// Blocks. Empty when there is no such name.
  static func lookUp(_ host: String, _ port: UInt16) -> Addresses {
    var found = [cplatform_address](repeating: cplatform_address(), count: 64)
    let count = cplatform_resolve(host, port, &found, Int32(found.count))
    return Array(found.prefix(max(0, Int(count))))
  }
}
