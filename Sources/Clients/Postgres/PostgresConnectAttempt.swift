internal import CLibPQ
import Glibc

/// Opens one connection without blocking: resolves the name aside, then drives libpq's state machine.
@Reactor
final class PostgresConnectAttempt: ReactorHandler {
  typealias Completion = @Reactor (Result<PostgresSession, PostgresError>) -> Void

  private let configuration: PostgresConfiguration
  private var done: Completion?
  private var raw: OpaquePointer?
  private var watched: (fd: Int32, token: UInt64)?
  private var timer: ReactorTimer?

  init(_ configuration: PostgresConfiguration, timeout: Duration, _ done: @escaping Completion) {
    self.configuration = configuration
    self.done = done
    timer = Reactor.schedule(after: timeout) { [weak self] in
      self?.finish(
        .failure(
          PostgresError(
            code: .connectTimedOut,
            message: "no connection to \(configuration.host):\(configuration.port) within \(timeout)")))
    }
  }

  func start() {
    if configuration.host.hasPrefix("/") { return connect(addresses: []) }
    NameResolver.resolve(configuration.host) { result in
      switch result {
      case .success(let addresses): self.connect(addresses: addresses)
      case .failure(let error):
        self.finish(.failure(PostgresError(code: .connectionRefused, message: "\(error)", cause: error)))
      }
    }
  }

  func cancel() { finish(.failure(PostgresOperation.cancelledError)) }

  func ready(_ readiness: Readiness) { poll() }

  private func connect(addresses: [String]) {
    guard done != nil else { return }
    let parameters = connectParameters(addresses: addresses)
    raw = Self.withCStrings(parameters.map(\.0)) { keys in
      Self.withCStrings(parameters.map(\.1)) { values in PQconnectStartParams(keys, values, 0) }
    }
    guard let raw, PQstatus(raw) != CONNECTION_BAD else { return fail() }
    // Verbose only while connecting: it is the one way to learn the SQLSTATE of a refusal.
    PQsetErrorVerbosity(raw, PQERRORS_VERBOSE)
    PQsetNoticeReceiver(raw, { _, _ in }, nil)
    watch(.write)
  }

  private func poll() {
    guard let raw else { return }
    // libpq may close the socket and open another while it polls.
    unwatch()
    switch PQconnectPoll(raw) {
    case PGRES_POLLING_READING: watch(.read)
    case PGRES_POLLING_WRITING: watch(.write)
    case PGRES_POLLING_OK:
      PQsetErrorVerbosity(raw, PQERRORS_DEFAULT)
      guard PQsetnonblocking(raw, 1) == 0 else { return fail() }
      self.raw = nil
      finish(.success(PostgresSession(owning: raw, configuration: configuration)))
    default: fail()
    }
  }

  private func fail() {
    let text = raw.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "out of memory"
    finish(.failure(PostgresError(connectText: text)))
  }

  private func finish(_ result: Result<PostgresSession, PostgresError>) {
    unwatch()
    timer?.cancel()
    timer = nil
    if let raw { PQfinish(raw) }
    raw = nil
    let done = self.done
    self.done = nil
    if let done { done(result) } else if case .success(let session) = result { session.close() }
  }

  private func watch(_ interest: Readiness) {
    let fd = PQsocket(raw)
    guard fd >= 0 else { return fail() }
    watched = (fd, Reactor.loop.watch(fd, interest, self))
  }

  private func unwatch() {
    if let watched { Reactor.loop.unwatch(watched.fd, token: watched.token) }
    watched = nil
  }

  private func connectParameters(addresses: [String]) -> [(String, String)] {
    // libpq takes lists: it tries the addresses in turn.
    let hosts = addresses.isEmpty ? [configuration.host] : addresses.map { _ in configuration.host }
    var parameters = [
      ("host", hosts.joined(separator: ",")), ("port", String(configuration.port)), ("dbname", configuration.database),
      ("user", configuration.user), ("password", configuration.password ?? ""),
      ("application_name", configuration.applicationName), ("sslmode", configuration.tls.rawValue),
      ("gssencmode", "disable"), ("client_encoding", "UTF8"),
    ]
    if !addresses.isEmpty { parameters.append(("hostaddr", addresses.joined(separator: ","))) }
    return parameters + configuration.parameters.map { ($0.key, $0.value) }
  }

  private static func withCStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
  ) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
