import Probes

/// What somebody who connects through a link must see while a toxic acts on it: how he behaves, and what must become of
/// the connection. What the same behaviour gets from the target itself, at the same time, is what it is held against.
///
/// What can be told apart within two seconds:
/// - `refuse`: nobody gets in.
/// - `latency`, `bandwidth`, `blackhole`, `timeout`, `slow_close`: what comes at once from the target has not come, by
///   far, through the link, whose connection stands all the same (with a `timeout` it then ends without a byte).
/// - `reset`, `limit_bytes`: the connection breaks, or ends, before the whole answer has come.
///
/// Delays below 50 ms are like noise, and what begins later than 1.5 s, or after more bytes than a question and its
/// answer have, can't be waited for: then the proxy's word is all there is. `fail_first` counts connections, and a look
/// must not use them up: the proxy's count of those that it ended is looked at, see `FaultLook`.
struct ToxicSign: Equatable {
  /// What is done on the connection.
  enum Manner: Equatable {
    /// A question is asked, as short as can be.
    case ask
    /// A question of so many bytes at least.
    case askAtLength(Int)
    /// Nothing is said.
    case listen
    /// Nothing is said, and then that nothing will come.
    case hangUp
  }

  /// What must be seen.
  enum Sight: Equatable {
    case refused
    /// By then fewer bytes have come, and the connection stands.
    case late(Duration, below: Int)
    /// RST, by then.
    case reset(by: Duration)
    /// An end by then, before so many bytes have come.
    case ended(by: Duration, below: Int)
    /// Behaviour can't show it, for this reason.
    case unseen(String)
  }

  var manner: Manner
  var sight: Sight
  /// How many connections there have to be, so that one of them shows it all but certainly.
  var tries: Int

  /// A question at length has so many bytes.
  static let length = 16 << 10
  /// The longest look.
  static let longest: Duration = .milliseconds(1500)
  /// Shorter delays are noise.
  static let least: Duration = .milliseconds(25)
  private static let grace: Duration = .milliseconds(500)

  /// - Parameters:
  ///   - parameters: the fault's.
  ///   - answer: how many bytes the target's own answer has.
  init(_ parameters: [String: String], answer: Int) {
    let number: (String) -> Int? = { parameters[$0].flatMap { Int($0) } }
    let goesUp = parameters["direction"] == "upstream"
    tries = Self.tries(parameters)
    manner = .ask
    switch parameters["type"] ?? "" {
    case "refuse": sight = .refused
    case "latency": sight = Self.late(number("latency_ms") ?? 0, below: 1)
    case "bandwidth":
      // By half of the time that it takes three quarters of it can't have come.
      let bytes = goesUp ? Self.length : answer
      if goesUp { manner = .askAtLength(Self.length) }
      let rate = Double(max(1, number("bytes_per_second") ?? 1))
      sight = Self.late(Int(min(Double(bytes) / rate * 1000, 1e6)), below: goesUp ? 1 : max(1, answer * 3 / 4))
    case "blackhole": sight = .late(.seconds(1), below: 1)
    case "timeout":
      let after = number("after_ms").map { Duration.milliseconds($0) }
      if let after, after <= Self.longest {
        sight = .ended(by: after + Self.grace, below: 1)
      } else {
        sight = .late(.seconds(1), below: 1)
      }
    case "slow_close":
      manner = .hangUp
      sight = Self.late(number("delay_ms") ?? 0, below: .max)
    case "reset":
      if let after = number("after_ms") {
        manner = .listen
        let isSoon = .milliseconds(after) <= Self.longest
        sight =
          isSoon ? .reset(by: .milliseconds(after) + Self.grace) : .unseen("it comes after \(after) ms")
      } else {
        if goesUp { manner = .askAtLength(Self.length) }
        sight = Self.cut(number("after_bytes") ?? 0, of: goesUp ? Self.length : answer) ?? .reset(by: .seconds(1))
      }
    case "limit_bytes":
      let limit = number("bytes") ?? 0
      if goesUp { manner = .askAtLength(Self.length) }
      sight =
        Self.cut(limit, of: goesUp ? Self.length : answer)
        ?? .ended(by: .seconds(1), below: goesUp ? max(1, answer) : limit + 1)
    default: sight = .unseen("nobody knows what a \(parameters["type"] ?? "") does")
    }
  }

  /// Half of a delay is waited for.
  private static func late(_ milliseconds: Int, below bytes: Int) -> Sight {
    let goal = min(longest, .milliseconds(milliseconds) / 2)
    return goal < least ? .unseen("\(milliseconds) ms are like noise") : .late(goal, below: bytes)
  }

  /// Nothing is cut when all of it fits.
  private static func cut(_ limit: Int, of bytes: Int) -> Sight? {
    limit < bytes ? nil : .unseen("\(bytes) bytes pass before it")
  }

  /// Of a toxic that acts on a share of the connections one in a thousand looks may miss it; jitter hides a latency
  /// now and then.
  private static func tries(_ parameters: [String: String]) -> Int {
    let isUneven = (parameters["jitter_ms"].flatMap { Int($0) } ?? 0) > 0
    let share = (parameters["probability"].flatMap { Double($0) } ?? 1) * (isUneven ? 0.5 : 1)
    if share >= 1 { return 3 }
    var missed = 1.0
    var count = 0
    while missed > 0.001, count < 60 {
      missed *= 1 - share
      count += 1
    }
    return count
  }

  /// How long one connection is looked at.
  var time: Duration {
    switch sight {
    case .refused: .seconds(1)
    case .late(let time, _), .reset(let time), .ended(let time, _): time
    case .unseen: .zero
    }
  }

  /// When so many bytes have come from the target itself, it has answered.
  var enough: Int {
    switch sight {
    case .late(_, let bytes), .ended(_, let bytes): bytes
    default: 1
    }
  }

  /// Whether a connection through the link showed it.
  func isShown(by seen: StreamProbe.Sight) -> Bool {
    switch sight {
    case .refused: seen.state == .refused
    case .late(_, let bytes): seen.state == .open && seen.bytes < bytes
    case .reset: seen.state == .reset
    case .ended(_, let bytes): (seen.state == .closed || seen.state == .reset) && seen.bytes < bytes
    case .unseen: false
    }
  }

  /// Whether a connection to the target itself, in the same manner, shows that nothing but the link can be the cause:
  /// for a delay it must be twice as quick as what is waited for.
  func isPlain(_ seen: StreamProbe.Sight) -> Bool {
    switch sight {
    case .refused, .reset: seen.state == .open || seen.state == .closed
    case .late(let time, let bytes):
      seen.took <= time / 2 && (seen.state == .closed || (seen.state == .open && seen.bytes >= bytes))
    case .ended(_, let bytes): (seen.state == .open || seen.state == .closed) && seen.bytes >= bytes
    case .unseen: true
    }
  }
}
