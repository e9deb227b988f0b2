internal import CLibPQ
import DequeModule

/// Owns one established PGconn: sends statements one after another, and notices when the server ends the session.
@Reactor
final class PostgresSession: ReactorHandler {
  struct StatementKey: Hashable {
    let sql: String
    let types: [UInt32]
  }

  let configuration: PostgresConfiguration
  private(set) var raw: OpaquePointer?
  private let fd: Int32
  private var token: UInt64 = 0
  private var interest: Readiness = .read
  var active: PostgresOperation?
  private var waiting: Deque<PostgresOperation> = []
  var prepared: [StatementKey: String] = [:]
  var statementCount = 0
  /// A cancel request is with the helper thread; until it is back it could hit the next statement.
  var isCancelInFlight = false
  /// Who sends the cancel requests.
  var cancels = BlockingWorker.cancels
  var graceTimer: ReactorTimer?
  /// A cancel request may not have found its statement: never to be lent again.
  var isDoubtful = false
  /// The last thing the server said outside a statement, for instance why it ends the session.
  private var lastWords: PostgresError?
  private(set) var failure: PostgresError?
  /// Called once when the session ends other than by `close`.
  var onFailure: (@Reactor (PostgresError) -> Void)?

  static func connect(
    _ configuration: PostgresConfiguration, timeout: Duration, _ done: @escaping PostgresConnectAttempt.Completion
  ) -> PostgresConnectAttempt {
    let attempt = PostgresConnectAttempt(configuration, timeout: timeout, done)
    attempt.start()
    return attempt
  }

  init(owning raw: OpaquePointer, configuration: PostgresConfiguration) {
    self.raw = raw
    self.configuration = configuration
    fd = PQsocket(raw)
    PQsetNoticeReceiver(
      raw,
      { argument, result in
        guard let argument, let result else { return }
        // libpq calls this inside PQconsumeInput and PQisBusy, which only the reactor calls.
        let session = Unmanaged<PostgresSession>.fromOpaque(argument).takeUnretainedValue()
        let notice = PostgresError(result: result)
        Reactor.assumeIsolated { session.received(notice) }
      }, Unmanaged.passUnretained(self).toOpaque())
    token = Reactor.loop.watch(fd, .read, self)
  }

  // MARK: What others ask

  /// Nothing is under way, no transaction is open, and no cancel can still arrive.
  var isReusable: Bool {
    guard let raw, failure == nil, active == nil, waiting.isEmpty, !isDoubtful, !isCancelInFlight else { return false }
    return PQstatus(raw) == CONNECTION_OK && PQtransactionStatus(raw) == PQTRANS_IDLE
  }

  var isInTransaction: Bool { raw.map { PQtransactionStatus($0) != PQTRANS_IDLE } ?? false }

  func parameter(_ name: String) -> String? {
    raw.flatMap { PQparameterStatus($0, name) }.map { String(cString: $0) }
  }

  func run(_ operation: PostgresOperation) {
    if let failure { return operation.finish(.failure(failure)) }
    if let deadline = operation.deadline {
      operation.timer = Reactor.loop.schedule(at: deadline) { [weak self, weak operation] in
        if let operation { self?.interrupt(operation, .deadline) }
      }
    }
    if active == nil { begin(operation) } else { waiting.append(operation) }
  }

  /// Ends the session in good order; statements under way fail.
  func close() {
    end(PostgresError(code: .connectionClosed, message: "the connection was closed by the client"), tell: false)
  }

  /// Ends the session because nothing good can be expected from it any more.
  func fail(_ error: PostgresError) { end(error, tell: true) }

  func withdraw(_ operation: PostgresOperation) { waiting.removeAll { $0 === operation } }

  // MARK: Input and output

  func ready(_ readiness: Readiness) {
    guard let raw else { return }
    if readiness.contains(.write) { flush() }
    guard self.raw != nil, !readiness.isDisjoint(with: [.read, .broken]) else { return }
    if PQconsumeInput(raw) == 0 { return lost() }
    receive()
  }

  func flush() {
    guard let raw else { return }
    switch PQflush(raw) {
    case 0: setInterest(.read)
    case 1: setInterest([.read, .write])
    default: lost()
    }
  }

  /// The connection broke; the server's last words, if any, say why.
  func lost() {
    let text = raw.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? ""
    var error = lastWords ?? PostgresError(code: .connectionClosed, message: PostgresError.oneLine(text))
    error.code = .connectionClosed
    fail(error)
  }

  func begin(_ operation: PostgresOperation) {
    active = operation
    send(operation)
  }

  func complete(_ operation: PostgresOperation, _ result: Result<PostgresResult, PostgresError>) {
    active = nil
    graceTimer?.cancel()
    graceTimer = nil
    if let next = waiting.popFirst() { begin(next) }
    operation.finish(result)
  }

  private func setInterest(_ wanted: Readiness) {
    if wanted == interest { return }
    interest = wanted
    Reactor.loop.change(fd, wanted, token: token)
  }

  private func receive() {
    while let raw, let operation = active, !operation.isAnswered {
      if PQisBusy(raw) != 0 { return }
      if let result = PQgetResult(raw) { absorb(result, operation) } else { stageEnded(operation) }
    }
    guard let raw, active == nil else { return }
    // Parses what came without being asked: notices, parameter changes, the announcement of the end.
    _ = PQisBusy(raw)
    while let notification = PQnotifies(raw) { PQfreemem(notification) }
    // The announcement comes before the end of the stream; a statement sent between them would fail.
    if lastWords != nil || PQstatus(raw) == CONNECTION_BAD { lost() }
  }

  private func received(_ notice: PostgresError) {
    // A notice without an SQLSTATE is libpq's own.
    if notice.code == .connectionClosed, notice.sqlState != nil { lastWords = notice }
  }

  private func end(_ error: PostgresError, tell: Bool) {
    guard failure == nil else { return }
    failure = error
    graceTimer?.cancel()
    graceTimer = nil
    Reactor.loop.unwatch(fd, token: token)
    if let raw { PQfinish(raw) }
    raw = nil
    let current = active
    let others = waiting
    active = nil
    waiting = []
    if let current {
      let reason = current.error.flatMap { $0.code == .connectionClosed ? $0 : nil } ?? error
      current.finish(.failure(current.interruption == nil ? reason : current.interruptionError(cause: reason)))
    }
    for operation in others { operation.finish(.failure(error)) }
    let onFailure = self.onFailure
    self.onFailure = nil
    if tell { onFailure?(error) }
  }
}
