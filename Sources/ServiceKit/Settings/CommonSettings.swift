import Glibc
public import Logging

/// What every service can be told.
///
/// - `HTTP_HOST` (default `$HOSTNAME`): the name or address to listen on.
/// - `HTTP_PORT` (default 8080; 0 takes any free port): the port to listen on.
/// - `INSTANCE` (default `$HOSTNAME`): what this instance calls itself in replies, logs and metrics.
/// - `LOG_LEVEL` (default `info`): `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
/// - `SHUTDOWN_GRACE` (ms, default 5000): how long requests under way may take to end after SIGTERM.
public struct CommonSettings: Sendable {
  /// The name or address to listen on.
  public var host: String
  /// The port to listen on.
  public var port: Int
  /// What this instance calls itself.
  public var instance: String
  /// The least severe level that is logged.
  public var logLevel: Logger.Level
  /// How long requests under way may take to end.
  public var shutdownGrace: Duration

  /// Settings as given.
  public init(
    host: String = "127.0.0.1", port: Int = 0, instance: String, logLevel: Logger.Level = .info,
    shutdownGrace: Duration = .seconds(5)
  ) {
    self.host = host
    self.port = port
    self.instance = instance
    self.logLevel = logLevel
    self.shutdownGrace = shutdownGrace
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    let hostname = reader.optionalText("HOSTNAME") ?? Self.systemHostname()
    host = reader.text("HTTP_HOST", default: hostname)
    port = reader.integer("HTTP_PORT", default: 8080, in: 0...65_535, unit: "TCP port")
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
