/// Names what an event or a timer is for. A slot's generation tells its present user from earlier ones: an event that
/// was already fetched when a connection ended must not reach the next one in the same slot.
struct Token: Equatable {
  enum Part: UInt64 {
    /// The client's socket, or the upstream flow's timer.
    case client = 0
    /// The target's socket, or the downstream flow's timer.
    case target = 1
    /// The connection as a whole.
    case connection = 2
    /// Something of the loop itself; `slot` tells what.
    case loop = 3
  }

  static let wakeup = Token(part: .loop, slot: 0)
  static let timer = Token(part: .loop, slot: 1)
  static let leases = Token(part: .loop, slot: 2)
  static let accepting = Token(part: .loop, slot: 3)
  private static let firstListener = 16
  static func listener(_ link: Int) -> Token { Token(part: .loop, slot: firstListener + link) }

  let raw: UInt64

  init(raw: UInt64) { self.raw = raw }

  init(part: Part, slot: Int, generation: UInt32 = 0) {
    raw = UInt64(generation & 0x3FFF_FFFF) << 34 | UInt64(UInt32(truncatingIfNeeded: slot)) << 2 | part.rawValue
  }

  var part: Part { Part(rawValue: raw & 3) ?? .loop }
  var slot: Int { Int(raw >> 2 & 0xFFFF_FFFF) }
  var generation: UInt32 { UInt32(raw >> 34) }
  /// The link whose listener this is.
  var link: Int? { part == .loop && slot >= Self.firstListener ? slot - Self.firstListener : nil }
}
