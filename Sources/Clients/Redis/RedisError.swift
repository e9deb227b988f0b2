/// What went wrong with Redis.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Why it failed.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code as text, for logs and labels: `timed_out`.
    public let description: String

    /// The server could not be reached or refused the login.
    public static let connectionRefused = Code(description: "connection_refused")
    /// There is no connection at the moment; it is being opened again in the background.
    public static let disconnected = Code(description: "disconnected")
    /// The connection was lost after the command was sent: it may have been executed.
    public static let connectionClosed = Code(description: "connection_closed")
    /// No reply in time: it may have been executed.
    public static let timedOut = Code(description: "timed_out")
    /// The task was cancelled: the command may have been executed.
    public static let cancelled = Code(description: "cancelled")
    /// The server answered with an error; `prefix` is its first word.
    public static let server = Code(description: "server_error")
    /// The reply is of another type than the call expects.
    public static let unexpectedReply = Code(description: "unexpected_reply")
    /// A command that is empty, larger than `maxCommandBytes`, or not supported by this client (SUBSCRIBE, MONITOR).
    public static let invalidCommand = Code(description: "invalid_command")
    /// Too many commands wait for their replies.
    public static let overloaded = Code(description: "overloaded")
    /// The client was shut down.
    public static let closed = Code(description: "closed")
  }

  /// Why it failed.
  public var code: Code
  /// One line; the server's own words when it answered.
  public var message: String

  /// Makes an error.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// The first word of a server's error, for instance `WRONGTYPE`, `OOM`, `NOAUTH`; nil for other errors.
  public var prefix: String? { code == .server ? message.split(separator: " ").first.map(String.init) : nil }

  /// Code and message on one line.
  public var description: String { "\(code): \(message)" }

  /// Whether Redis cannot be used at the moment: refused, unreachable, lost, or not answering.
  public var isUnavailable: Bool {
    switch code {
    case .connectionRefused, .disconnected, .connectionClosed, .timedOut, .overloaded: true
    default: false
    }
  }
}
