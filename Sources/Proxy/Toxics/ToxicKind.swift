/// What a toxic does. Times are in nanoseconds here; the API speaks of milliseconds.
enum ToxicKind: Sendable, Equatable {
  /// Bytes arrive later by `delay`, give or take up to `jitter`, in their order. What is held has a bound.
  case latency(delay: UInt64, jitter: UInt64)
  /// So many bytes pass in a second.
  case bandwidth(bytesPerSecond: Int)
  /// Both ends get RST, so long after the connection or the toxic began, whichever was later.
  case resetAfterTime(UInt64)
  /// Both ends get RST once so many bytes have passed.
  case resetAfterBytes(Int)
  /// Bytes vanish. A connection that lost some is reset when the toxic ends, for what follows would make no sense.
  case blackhole
  /// The end of the stream is passed on later.
  case slowClose(UInt64)
  /// Nobody gets in: connection refused. Connections that exist stay or are reset.
  case refuse(resetsEstablished: Bool)
  /// The first connections after the toxic's beginning are reset as soon as they are accepted.
  case failFirst(count: Int)
  /// Once so many bytes have passed, the connection is closed in an orderly way.
  case limitBytes(Int)
  /// Bytes wait; so long after the connection or the toxic began the connection is closed. Nil: they only wait.
  case timeout(UInt64?)

  /// The word of the API.
  var word: String {
    switch self {
    case .latency: "latency"
    case .bandwidth: "bandwidth"
    case .resetAfterTime, .resetAfterBytes: "reset"
    case .blackhole: "blackhole"
    case .slowClose: "slow_close"
    case .refuse: "refuse"
    case .failFirst: "fail_first"
    case .limitBytes: "limit_bytes"
    case .timeout: "timeout"
    }
  }

  /// Whether it does something to the bytes of one direction, not to connections as such.
  var hasDirection: Bool {
    switch self {
    case .refuse, .failFirst, .resetAfterTime: false
    default: true
    }
  }

  /// When it ends a connection that it began to act on at `start`; nil: time alone never does.
  func deadline(from start: UInt64) -> UInt64? {
    switch self {
    case .resetAfterTime(let time): start + time
    case .timeout(let time?): start + time
    default: nil
    }
  }
}

/// Which way bytes go.
enum Direction: Int, Sendable, CaseIterable {
  /// From the client to the target.
  case upstream
  /// From the target to the client.
  case downstream
}
