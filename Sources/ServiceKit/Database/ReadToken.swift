import Clients

/// What a write leaves with the user so that later reads see it. Its text is opaque to everybody else:
/// `<service>-l<16 hexadecimal digits>` or `<service>-p<16 hexadecimal digits>`.
enum ReadToken: Sendable, Equatable {
  /// Replicas must have applied the log up to here.
  case applied(LogSequenceNumber)
  /// Only the primary will do until this time, in ms since 1970.
  case primary(until: Int64)

  /// - Parameter service: whose database is meant; the log of another says nothing here.
  func text(service: String) -> String {
    switch self {
    case .applied(let number): "\(service)-l\(Self.digits(number.position))"
    case .primary(let until): "\(service)-p\(Self.digits(UInt64(max(0, until))))"
    }
  }

  /// Reads a token of the service; nil when it is anything else, also another service's token.
  init?(_ text: some StringProtocol, service: String) {
    guard text.hasPrefix("\(service)-") else { return nil }
    let rest = text.dropFirst(service.count + 1)
    guard let number = LogSequenceNumber.hexadecimal(rest.dropFirst(), digits: 16...16) else { return nil }
    switch rest.first {
    case "l": self = .applied(LogSequenceNumber(position: number))
    case "p":
      guard let until = Int64(exactly: number) else { return nil }
      self = .primary(until: until)
    default: return nil
    }
  }

  /// The token of what has just been committed on a connection.
  ///
  /// A commit has written the log up to its own end, unless it waits for nothing (`synchronous_commit = off`): then
  /// what counts is where the log goes on. When the server can't say, the user reads from the primary for a while;
  /// the write is done and mustn't fail any more.
  nonisolated(nonsending) static func afterCommit(
    on connection: PostgresConnection, _ settings: ReadSettings
  ) async -> ReadToken {
    if settings.readYourWrites == .lsnToken {
      let level = settings.synchronousCommit.map { "'\($0.rawValue)'" } ?? "current_setting('synchronous_commit')"
      let sql = """
        SELECT (CASE \(level) WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_lsn() END)::text
        """
      let result = try? await connection.query(PostgresQuery(sql: sql), timeout: .milliseconds(500))
      if let text = try? result?.first?.decode(at: 0, as: String.self), let number = LogSequenceNumber(text) {
        return .applied(number.endOfLastRecord)
      }
    }
    return .primary(until: WallClock.milliseconds + Int64(settings.pinFor.milliseconds))
  }

  private static func digits(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

/// Everything that one request's reads must see.
struct ReadDemand: Sendable, Equatable {
  /// Replicas must have applied the log up to here.
  var applied: LogSequenceNumber?
  /// Only the primary will do until this time, in ms since 1970.
  var primaryUntil: Int64?

  /// The stricter of two demands of a kind counts.
  mutating func add(_ token: ReadToken) {
    switch token {
    case .applied(let number): applied = max(applied ?? number, number)
    case .primary(let until): primaryUntil = max(primaryUntil ?? until, until)
    }
  }

  /// Reads what a user sent: tokens with commas between. What is no token of the service is ignored, and so is a time
  /// that this service can't have given: nobody may choose the primary for good.
  /// - Parameters:
  ///   - now: ms since 1970.
  ///   - longest: how far ahead a token may name a time.
  init(_ texts: [String], service: String, now: Int64 = 0, longest: Duration = .zero) {
    for text in texts {
      for part in text.split(separator: ",").prefix(4) {
        guard let token = ReadToken(part.drop { $0 == " " }, service: service) else { continue }
        // Clocks of two instances may differ a little.
        if case .primary(let until) = token, until > now + Int64(longest.milliseconds) + 5000 { continue }
        add(token)
      }
    }
  }
}
