import DrillCore

/// Events in pieces: a single array is moved as a whole whenever it grows, or was lent, and the load stands still
/// meanwhile.
struct EventPieces {
  private static let size = 1024

  private var full: [[Event]] = []
  private var last: [Event] = []

  init() { last.reserveCapacity(Self.size) }

  var count: Int { full.count * Self.size + last.count }

  mutating func append(_ event: Event) {
    last.append(event)
    guard last.count == Self.size else { return }
    full.append(last)
    last = []
    last.reserveCapacity(Self.size)
  }

  /// The events from number `index` on.
  func events(from index: Int) -> [Event] {
    guard index < count else { return [] }
    var events: [Event] = []
    events.reserveCapacity(count - index)
    var skipped = index
    for piece in full[(index / Self.size)...] + [last] {
      events += piece.dropFirst(skipped % Self.size)
      skipped = 0
    }
    return events
  }
}
