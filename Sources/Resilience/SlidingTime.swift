/// Sums over the last stretch of time, kept in slices: the oldest slice goes as a whole, so a sum covers between
/// `slices - 1` slices and all of them. Takes the same memory however much happens.
struct SlidingTime<Value: Sendable>: Sendable {
  typealias Instant = ContinuousClock.Instant

  private let slice: Duration
  private let empty: Value
  private var values: [Value]
  /// The slice that is being filled.
  private var current = 0
  /// When it began; nil before anything happened.
  private var begin: Instant?

  init(span: Duration, slices: Int, empty: Value) {
    slice = max(span / max(1, slices), .microseconds(1))
    self.empty = empty
    values = Array(repeating: empty, count: max(1, slices))
  }

  mutating func update(at now: Instant, _ change: (inout Value) -> Void) {
    advance(to: now)
    change(&values[current])
  }

  mutating func total(at now: Instant, _ add: (Value, Value) -> Value) -> Value {
    advance(to: now)
    return values.reduce(empty, add)
  }

  mutating func clear() {
    for index in values.indices { values[index] = empty }
  }

  private mutating func advance(to now: Instant) {
    guard let start = begin else {
      begin = now
      return
    }
    // Callers read the clock before they get here, so time may seem to run back a little: that is now, too.
    guard now - start >= slice else { return }
    let passed = (now - start).dividedDown(by: slice)
    for _ in 0..<min(passed, values.count) {
      current = (current + 1) % values.count
      values[current] = empty
    }
    begin = start + slice * passed
  }
}

extension Duration {
  /// As a number of seconds.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }

  /// How many whole `part`s fit, limited to what a counter of slices needs.
  func dividedDown(by part: Duration) -> Int {
    let count = inSeconds / part.inSeconds
    guard count < 1e9 else { return 1_000_000_000 }
    var whole = Int(count)
    // The quotient is rounded; the product isn't.
    while whole > 0 && part * whole > self { whole -= 1 }
    while part * (whole + 1) <= self { whole += 1 }
    return whole
  }
}
