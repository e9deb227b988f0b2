import DequeModule

/// The bytes of one direction of a connection, on their way from one socket to the other.
final class Flow {
  /// How the source's stream ended.
  enum Ending { case fin, reset }

  /// Bytes that wait.
  struct Segment {
    var bytes: [UInt8]
    var offset = 0
    let arrived: UInt64
    let number: UInt64
    var count: Int { bytes.count - offset }
  }

  /// The most segments that wait in one direction; small ones cost more than their bytes.
  static let segmentLimit = 1024

  let direction: Direction
  let source: Socket
  let sink: Socket
  var queue = Deque<Segment>()
  /// Bytes in the queue.
  var queued = 0
  /// Bytes passed on.
  var forwarded = 0
  /// Bytes that a black hole took.
  var lost = 0
  var segmentCount: UInt64 = 0
  /// How the source ended, and when; nil: it goes on.
  var ending: Ending?
  var endedAt: UInt64 = 0
  /// The end was passed on, or can't be.
  var isFinished = false
  /// What comes is read and dropped: the connection was cut off and waits for its ends to close.
  var discards = false
  /// The sink is full; it will be told when it isn't.
  var awaitsSink = false
  var attachments: [Attachment] = []
  var effects = FlowEffects()
  var pacer = Pacer()
  /// The moment for which a timer is set.
  var timer: UInt64 = .max

  init(_ direction: Direction, from source: Socket, to sink: Socket) {
    self.direction = direction
    self.source = source
    self.sink = sink
  }

  /// How many bytes may be held in this direction.
  func window(_ limits: ProxyLimits, heldInAll: Int) -> Int {
    if heldInAll > limits.heldBytes { return limits.scarceWindow }
    return effects.delays.isEmpty ? limits.window : limits.delayWindow
  }

  /// How many bytes to read now, 0 for none.
  func readCapacity(_ limits: ProxyLimits, heldInAll: Int) -> Int {
    guard ending == nil, !isFinished else { return 0 }
    if discards || effects.swallows { return ProxyLoop.bufferSize }
    if effects.holds { return 0 }
    if attachments.isEmpty {
      guard queue.isEmpty else { return 0 }
      return heldInAll > limits.heldBytes ? limits.scarceWindow : ProxyLoop.bufferSize
    }
    guard queue.count < Self.segmentLimit else { return 0 }
    return min(ProxyLoop.bufferSize, max(0, window(limits, heldInAll: heldInAll) - queued))
  }

  /// Takes `count` bytes off the front.
  func consume(_ count: Int) {
    queued -= count
    if queue[0].count > count {
      queue[0].offset += count
    } else {
      queue.removeFirst()
    }
  }
}
