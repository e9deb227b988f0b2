/// How many connections a pool keeps, and for how long. The words and meanings are HikariCP's where it has them.
public struct PoolSettings: Sendable, Hashable {
  /// The pool's name in metrics and logs.
  public var name: String
  /// The most connections that are open or being opened at once, 1 or more.
  public var max: Int
  /// Connections that are opened at the start and kept open however idle; those in use count.
  public var minIdle: Int
  /// A connection idle for this long is closed, as long as `minIdle` stay; zero: never.
  public var idleTimeout: Duration
  /// A connection this old is closed when it is next idle (within 2.5 % less, so that they do not all end at once);
  /// zero: never.
  public var maxLifetime: Duration
  /// How long a caller waits for a connection.
  public var acquireTimeout: Duration
  /// How long opening one may take, name resolution and login included.
  public var connectTimeout: Duration
  /// The pause after the first failure to connect; it doubles with each further one, and is jittered by half.
  public var backoffBase: Duration
  /// The longest such pause.
  public var backoffCap: Duration
  /// How long a shutdown waits for connections in use before it closes them.
  public var shutdownTimeout: Duration

  /// Settings with their defaults.
  public init(
    name: String, max: Int = 10, minIdle: Int = 0, idleTimeout: Duration = .zero, maxLifetime: Duration = .zero,
    acquireTimeout: Duration = .milliseconds(500), connectTimeout: Duration = .seconds(2),
    backoffBase: Duration = .milliseconds(50), backoffCap: Duration = .seconds(1),
    shutdownTimeout: Duration = .seconds(5)
  ) {
    self.name = name
    self.max = Swift.max(1, max)
    self.minIdle = Swift.min(Swift.max(0, minIdle), self.max)
    self.idleTimeout = idleTimeout
    self.maxLifetime = maxLifetime
    self.acquireTimeout = acquireTimeout
    self.connectTimeout = connectTimeout
    self.backoffBase = backoffBase
    self.backoffCap = backoffCap
    self.shutdownTimeout = shutdownTimeout
  }
}

/// A pool at one moment, and its counters since it began.
public struct PoolStatistics: Sendable, Hashable {
  /// Connections lent out.
  public var inUse = 0
  /// Connections open and free.
  public var idle = 0
  /// Connections being opened.
  public var connecting = 0
  /// Callers waiting.
  public var waiting = 0
  /// The most connections allowed.
  public var max = 0
  /// Callers that waited in vain.
  public var timeouts = 0
  /// Connections opened.
  public var opened = 0
  /// Connections closed, by us or by the server.
  public var closed = 0
  /// Attempts to open one that failed.
  public var connectFailures = 0
  /// Time all callers together waited for a connection.
  public var totalWait: Duration = .zero
  /// Connections lent out since the beginning.
  public var acquired = 0

  /// All zero.
  public init() {}
}
