public import Clients

/// From where a service reads, and how fresh that must be. `<P>` is the service's name in capitals.
///
/// - `<P>_REPLICA_INSTANCES` (`host:port,...` or `dns:name:port`, default none): the replicas.
/// - `<P>_REPLICA_POOL_MAX` (connections to each replica, default 10), `_MIN_IDLE` (0), `_IDLE_TIMEOUT` (ms, 0:
/// never), `_MAX_LIFETIME` (ms, 0: for ever), `_ACQUIRE_TIMEOUT` (ms, 250), `_CONNECT_TIMEOUT` (ms, 1000): as for the
/// primary.
/// - `<P>_REPLICA_STATEMENT_TIMEOUT` (ms, default 1000): how long a replica may take before another server is asked.
/// - `<P>_READS` (`primary` or `replica`, default `primary`): where reads go that decide nothing.
/// - `<P>_READ_YOUR_WRITES` (`none`, `lsn-token` or `pin`, default `none`): how users see what they wrote.
/// `lsn-token`: a write gives a token, and a read with it goes to a replica only if that has applied the write.
/// `pin`: after a write, the session reads from the primary for a while.
/// - `<P>_READ_WAIT` (ms, default 100): how long a read with a token waits for a replica to catch up.
/// - `<P>_READ_FALLBACK` (`primary` or `error`, default `primary`): what then.
/// - `<P>_PIN_FOR` (ms, default 5000): how long `pin` holds.
/// - `<P>_REPLICA_FRESHNESS` (`none` or `marker`, default `none`): whether replicas are measured. `marker`: a row
///   written on the primary is looked for on each replica, and those that don't have it in time aren't read from.
/// - `<P>_REPLICA_MAX_LAG` (ms, default 1000): how old what a replica has may be; at least twice the interval.
/// - `<P>_HEARTBEAT_INTERVAL` (ms, default 250): how often that row is written and looked for.
/// - `<P>_SYNCHRONOUS_COMMIT` (`off`, `local`, `remote_write`, `on` or `remote_apply`; default: the server's): what a
///   commit waits for. The remote ones wait for replicas only where `synchronous_standby_names` on the primary names
///   them.
public struct ReadSettings: Sendable {
  /// Where reads go that decide nothing.
  public enum Source: String, CaseIterable, Sendable { case primary, replica }
  /// How users see what they wrote.
  public enum ReadYourWrites: String, CaseIterable, Sendable {
    case none, pin
    case lsnToken = "lsn-token"
  }
  /// What a read does for which no replica is far enough.
  public enum Fallback: String, CaseIterable, Sendable { case primary, error }
  /// Whether and how replicas are measured.
  public enum Freshness: String, CaseIterable, Sendable { case none, marker }
  /// What a commit waits for; the words are Postgres'.
  public enum SynchronousCommit: String, CaseIterable, Sendable {
    case off, local, on
    case remoteWrite = "remote_write"
    case remoteApply = "remote_apply"
  }

  /// The replicas; nil: none.
  public var instances: InstanceSource?
  /// How many connections to each replica, and for how long; the name is given to each by its address.
  public var pool = PoolSettings(
    name: "replica", acquireTimeout: .milliseconds(250), connectTimeout: .seconds(1))
  /// How long a replica may take.
  public var statementTimeout: Duration = .seconds(1)
  /// Where reads go that decide nothing.
  public var source = Source.primary
  /// How users see what they wrote.
  public var readYourWrites = ReadYourWrites.none
  /// How long a read with a token waits for a replica.
  public var wait: Duration = .milliseconds(100)
  /// What then.
  public var fallback = Fallback.primary
  /// How long `pin` holds.
  public var pinFor: Duration = .seconds(5)
  /// Whether replicas are measured.
  public var freshness = Freshness.none
  /// How old what a replica has may be.
  public var maxLag: Duration = .seconds(1)
  /// How often replicas are measured.
  public var heartbeatInterval: Duration = .milliseconds(250)
  /// What a commit waits for; nil: as the server is set.
  public var synchronousCommit: SynchronousCommit?

  /// Everything from the primary.
  public init() {}

  /// Reads the settings named above.
  /// - Parameter prefix: the service's name in capitals.
  public init(reading reader: inout SettingsReader, prefix: String) {
    if reader.optionalText("\(prefix)_REPLICA_INSTANCES") != nil {
      instances = reader.instances("\(prefix)_REPLICA_INSTANCES", default: "")
    }
    pool = Self.pool(reading: &reader, prefix: "\(prefix)_REPLICA_POOL")
    statementTimeout = reader.milliseconds("\(prefix)_REPLICA_STATEMENT_TIMEOUT", default: 1000)
    source = reader.choice("\(prefix)_READS", default: .primary)
    readYourWrites = reader.choice("\(prefix)_READ_YOUR_WRITES", default: .none)
    wait = reader.milliseconds("\(prefix)_READ_WAIT", default: 100, in: 0...60_000)
    fallback = reader.choice("\(prefix)_READ_FALLBACK", default: .primary)
    pinFor = reader.milliseconds("\(prefix)_PIN_FOR", default: 5000)
    freshness = reader.choice("\(prefix)_REPLICA_FRESHNESS", default: .none)
    maxLag = reader.milliseconds("\(prefix)_REPLICA_MAX_LAG", default: 1000, in: 20...600_000)
    heartbeatInterval = reader.milliseconds("\(prefix)_HEARTBEAT_INTERVAL", default: 250, in: 10...60_000)
    if reader.optionalText("\(prefix)_SYNCHRONOUS_COMMIT") != nil {
      synchronousCommit = reader.choice("\(prefix)_SYNCHRONOUS_COMMIT", default: .on)
    }
    if instances == nil {
      for (key, value, needs) in [
        ("READS", source.rawValue, source == .replica), ("REPLICA_FRESHNESS", freshness.rawValue, freshness == .marker),
      ] where needs {
        reader.report("\(prefix)_\(key)", value: value, allowed: "left out unless \(prefix)_REPLICA_INSTANCES is set")
      }
    }
    if freshness == .marker, maxLag < heartbeatInterval * 2 {
      reader.report(
        "\(prefix)_REPLICA_MAX_LAG", value: "\(maxLag.milliseconds)",
        allowed: "at least twice \(prefix)_HEARTBEAT_INTERVAL, \(heartbeatInterval.milliseconds * 2) (ms)")
    }
  }

  private static func pool(reading reader: inout SettingsReader, prefix: String) -> PoolSettings {
    let most = reader.integer("\(prefix)_MAX", default: 10, in: 1...10_000, unit: "connections")
    let minIdle = reader.integer("\(prefix)_MIN_IDLE", default: 0, in: 0...10_000, unit: "connections")
    if minIdle > most {
      reader.report("\(prefix)_MIN_IDLE", value: "\(minIdle)", allowed: "at most \(prefix)_MAX, \(most)")
    }
    let day = 86_400_000
    return PoolSettings(
      name: "replica", max: most, minIdle: minIdle,
      idleTimeout: reader.milliseconds("\(prefix)_IDLE_TIMEOUT", default: 0, in: 0...day),
      maxLifetime: reader.milliseconds("\(prefix)_MAX_LIFETIME", default: 0, in: 0...day),
      acquireTimeout: reader.milliseconds("\(prefix)_ACQUIRE_TIMEOUT", default: 250),
      connectTimeout: reader.milliseconds("\(prefix)_CONNECT_TIMEOUT", default: 1000))
  }
}
