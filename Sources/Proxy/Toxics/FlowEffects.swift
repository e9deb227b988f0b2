/// A toxic that acts on one direction of a connection, and since when.
struct Attachment {
  let toxic: Toxic
  let number: Int
  /// When it began to act here (monotonic, ns).
  let start: UInt64
  /// How many bytes had passed by then.
  let startBytes: Int
}

/// What all toxics of one direction of a connection come to.
struct FlowEffects {
  /// How bytes are delayed by one latency toxic.
  struct Delay: Equatable {
    var delay: UInt64
    var jitter: UInt64
    var salt: UInt64
  }

  /// Where the stream is cut.
  struct Cut: Equatable {
    var position: Int
    var byReset: Bool
  }

  var delays: [Delay] = []
  /// Bytes per second of the narrowest limit.
  var bytesPerSecond: Int?
  /// Bytes vanish.
  var swallows = false
  /// Bytes wait until the toxic ends.
  var holds = false
  /// How long after its arrival the end of the stream is passed on.
  var closeDelay: UInt64 = 0
  /// The nearest cut.
  var cut: Cut?

  init() {}

  /// - Parameter salt: tells connections and directions apart, so that they don't jitter in step.
  init(_ attachments: [Attachment], salt: UInt64) {
    for attachment in attachments {
      switch attachment.toxic.kind {
      case .latency(let delay, let jitter):
        let own = Draw.salt(seed: attachment.toxic.seed, id: attachment.toxic.id)
        delays.append(Delay(delay: delay, jitter: jitter, salt: own ^ salt))
      case .bandwidth(let rate): bytesPerSecond = min(rate, bytesPerSecond ?? rate)
      case .blackhole: swallows = true
      case .timeout: holds = true
      case .slowClose(let delay): closeDelay += delay
      case .resetAfterBytes(let count): cut(after: attachment.startBytes + count, byReset: true)
      case .limitBytes(let count): cut(after: attachment.startBytes + count, byReset: false)
      case .resetAfterTime, .refuse, .failFirst: break
      }
    }
  }

  private mutating func cut(after position: Int, byReset: Bool) {
    if let cut, cut.position <= position { return }
    cut = Cut(position: position, byReset: byReset)
  }

  /// When a piece of the stream may go on.
  func due(arrived: UInt64, piece: UInt64) -> UInt64 {
    var due = arrived
    for each in delays {
      guard each.jitter > 0 else {
        due += each.delay
        continue
      }
      let delay = Double(each.delay) + Double(each.jitter) * Draw.swing(salt: each.salt, piece: piece)
      due += UInt64(max(0, delay))
    }
    return due
  }
}
