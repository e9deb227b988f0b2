import Glibc
public import Logging

/// What every service can be told.
///
/// - `HTTP_HOST` (default `$HOSTNAME`): the name or address to listen on.
/// - `HTTP_PORT` (default 8080; 0 takes any free port): the port to listen on.
/// - `HTTP_IDLE_TIMEOUT` (ms, default 120000): after which a connection is closed on which no request is under way, or
///   one isn't sent to its end. More than clients keep theirs open (nginx 60 s, ours 30 s), or they would find some
///   closed. How long an answer takes has no bound here.
/// - `HTTP_BODY_TIMEOUT` (ms, default 10000): how long all of a request's body may take to arrive before it gets 408.
/// - `INSTANCE` (default `$HOSTNAME`): what this instance calls itself in replies, logs and metrics.
/// - `LOG_LEVEL` (default `info`): `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
/// - `SHUTDOWN_GRACE` (ms, default 5000): how long requests under way may take to end after SIGTERM.
public struct CommonSettings: Sendable {
  /// The name or address to listen on.
  public var host: String
  /// The port to listen on.
  public var port: Int
  /// After which a connection is closed that has no request under way.
  public var idleTimeout: Duration
  /// How long a request's body may take to arrive.
  public var bodyTimeout: Duration
  /// What this instance calls itself.
  public var instance: String
  /// The least severe level that is logged.
  public var logLevel: Logger.Level
  /// How long requests under way may take to end.
  public var shutdownGrace: Duration

  /// Settings as given.
  public init(
    host: String = "127.0.0.1", port: Int = 0, idleTimeout: Duration = .seconds(120),
    bodyTimeout: Duration = .seconds(10), instance: String, logLevel: Logger.Level = .info,
    shutdownGrace: Duration = .seconds(5)
  ) {
    self.host = host
    self.port = port
    self.idleTimeout = idleTimeout
    self.bodyTimeout = bodyTimeout
    self.instance = instance
    self.logLevel = logLevel
    self.shutdownGrace = shutdownGrace
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    let hostname = reader.optionalText("HOSTNAME") ?? Self.systemHostname()
    host = reader.text("HTTP_HOST", default: hostname)
    port = reader.integer("HTTP_PORT", default: 8080, in: 0...65_535, unit: "TCP port")
    idleTimeout = reader.milliseconds("HTTP_IDLE_TIMEOUT", default: 120_000, in: 1000...86_400_000)
    bodyTimeout = reader.milliseconds("HTTP_BODY_TIMEOUT", default: 10_000)
    instance = reader.text("INSTANCE", default: hostname)
    logLevel = reader.choice("LOG_LEVEL", default: .info)
    shutdownGrace = reader.milliseconds("SHUTDOWN_GRACE", default: 5000)
  }

  private static func systemHostname() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
