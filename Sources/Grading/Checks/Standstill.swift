import DrillCore

extension History {
  /// A machine that stood still for longer has kept everybody waiting. In ms.
  private static let standstill = 500.0
  /// Work that takes so many times as long as usual waits for tens of milliseconds at each turn. On an idle machine a
  /// lab's takes at most twice as long, next to as many busy programs as processors two and a half times.
  private static let denied = 5.0
  /// A lab that uses more of the processors than that makes itself wait; one at rest uses a tenth to a third.
  private static let modest = 0.25
  /// After a standstill there is a crowd, in ns.
  private static let crowd: Int64 = 1_000_000_000

  /// Those of `requests` whose trouble can't be that of a machine that stood still in `phase`, or of which others had
  /// the processors. Who waited mostly at other times, and then for more than a second, was in trouble without that.
  func outsideOfStandstills(_ requests: [RequestEvent], in phase: String) -> [RequestEvent] {
    let standstills = standstills(in: phase)
    return requests.filter { request in
      let span = request.span
      guard standstills.contains(where: { $0.overlaps(span) }) else { return true }
      let explained = span.shared(with: standstills)
      return span.upperBound - span.lowerBound - explained > max(explained, Self.crowd)
    }
  }

  /// Whether what came late at the end of `span` may be late for such a machine.
  func mayBeLate(_ span: ClosedRange<Int64>, in phase: String) -> Bool {
    standstills(in: phase).contains { $0.overlaps(span) }
  }

  /// When such a machine may have kept somebody waiting in `phase`, the crowd of afterwards included: in order, apart
  /// from each other.
  func standstills(in phase: String) -> [ClosedRange<Int64>] {
    let alone =
      stalls(in: phase, above: [.machine: Self.standstill])
      + denials(in: phase, slowness: Self.denied, share: Self.modest)
    return Self.joined(alone.map { $0.lowerBound...$0.upperBound + Self.crowd })
  }
}

extension RequestEvent {
  /// From when it was to be sent to its end.
  var span: ClosedRange<Int64> { scheduled...max(scheduled, done ?? scheduled) }
}

extension ClosedRange<Int64> {
  /// How much of it lies in `ranges`, which are apart from each other; in their unit.
  func shared(with ranges: [Self]) -> Int64 {
    ranges.reduce(0) { $0 + Swift.max(0, Swift.min(upperBound, $1.upperBound) - Swift.max(lowerBound, $1.lowerBound)) }
  }
}
