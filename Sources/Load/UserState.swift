import Synchronization

/// What a user remembers between requests: cookies, echoed headers, the last order.
final class UserState: Sendable {
  struct Order: Sendable {
    var key: String
    var body: String
    var id: String
    var isCancelled = false
  }

  private struct Memory {
    var cookies: [String: String] = [:]
    var echoes: [String: String] = [:]
    var order: Order?
    /// What goes with each request is put together when it changes.
    var cookieHeader: String?
    var echoHeaders: [(String, String)] = []
  }

  private let memory = Mutex(Memory())

  /// The header `Cookie`; `nil` without cookies.
  var cookieHeader: String? { memory.withLock { $0.cookieHeader } }

  /// Headers of earlier replies that are sent back.
  var echoes: [(String, String)] { memory.withLock { $0.echoHeaders } }

  var hasSession: Bool { memory.withLock { !$0.cookies.isEmpty } }

  var order: Order? { memory.withLock { $0.order } }

  /// Keeps the cookies of `Set-Cookie` headers (RFC 6265: the name-value pair before the first semicolon; an empty
  /// value or Max-Age=0 deletes). Those of somebody who comes in are kept only by a user without any: orders and keys
  /// belong to a session, and of two that were opened at once the first stays.
  func keep(setCookies: [String], comingIn: Bool) {
    guard !setCookies.isEmpty else { return }
    memory.withLock { memory in
      guard !comingIn || memory.cookies.isEmpty else { return }
      for header in setCookies {
        let parts = header.split(separator: ";", omittingEmptySubsequences: false)
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { continue }
        let name = trimmed(pair[..<equals])
        let value = trimmed(pair[pair.index(after: equals)...])
        let gone = value.isEmpty || parts.dropFirst().contains { trimmed($0).lowercased() == "max-age=0" }
        memory.cookies[name] = gone ? nil : value
      }
      let pairs = memory.cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      memory.cookieHeader = pairs.isEmpty ? nil : pairs.joined(separator: "; ")
    }
  }

  func keep(echo name: String, value: String) {
    memory.withLock { memory in
      memory.echoes[name] = value
      memory.echoHeaders = memory.echoes.sorted { $0.key < $1.key }
    }
  }

  func keep(order: Order) { memory.withLock { $0.order = order } }

  /// Takes the last order for a cancellation: nobody cancels twice.
  func takeForCancel() -> Order? {
    memory.withLock { memory in
      guard let order = memory.order, !order.isCancelled else { return nil }
      memory.order?.isCancelled = true
      return order
    }
  }

  private func trimmed(_ text: Substring) -> String {
    var rest = text
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
