import Glibc

/// A name that could not be resolved.
struct ResolveFailure: Error, CustomStringConvertible {
  let host: String
  let reason: String
  var description: String { "could not translate host name \"\(host)\" to address: \(reason)" }
}

/// Turns names into numeric addresses without blocking the reactor. Nothing is remembered: /etc/hosts may change.
enum NameResolver {
  /// Calls back on the reactor with at least one address, in the order of preference; at once when there is nothing to
  /// look up or nobody to do it.
  @Reactor
  static func resolve(
    _ host: String, by worker: BlockingWorker = .names,
    _ done: @escaping @Sendable @Reactor (Result<[String], ResolveFailure>) -> Void
  ) {
    if isNumeric(host) { return done(.success([host])) }
    let isTaken = worker.run(in: host) {
      let result = lookUp(host)
      Reactor.post { done(result) }
    }
    if !isTaken {
      done(.failure(ResolveFailure(host: host, reason: "no thread is free for it and no other can be had")))
    }
  }

  static func isNumeric(_ host: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
  }

  private static func lookUp(_ host: String) -> Result<[String], ResolveFailure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else {
      return .failure(ResolveFailure(host: host, reason: String(cString: gai_strerror(status))))
    }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var entry = list
    while let current = entry {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let length = socklen_t(text.count)
      if getnameinfo(current.pointee.ai_addr, current.pointee.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0 {
        let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if !addresses.contains(address) { addresses.append(address) }
      }
      entry = current.pointee.ai_next
    }
    return addresses.isEmpty ? .failure(ResolveFailure(host: host, reason: "no address")) : .success(addresses)
  }
}
