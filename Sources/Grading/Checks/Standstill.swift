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
  /// the processors.
  func outsideOfStandstills(_ requests: [RequestEvent], in phase: String) -> [RequestEvent] {
    let standstills = standstills(in: phase)
    return requests.filter { request in
      let end = request.done ?? request.scheduled
      return !standstills.contains { request.scheduled <= $0.upperBound + Self.crowd && end >= $0.lowerBound }
    }
  }

  /// Whether what came late at the end of `span` may be late for such a machine.
  func mayBeLate(_ span: ClosedRange<Int64>, in phase: String) -> Bool {
    standstills(in: phase).contains {
      span.lowerBound <= $0.upperBound + Self.crowd && span.upperBound >= $0.lowerBound
    }
  }

  private func standstills(in phase: String) -> [ClosedRange<Int64>] {
    stalls(in: phase, above: [.machine: Self.standstill])
      + denials(in: phase, slowness: Self.denied, share: Self.modest)
  }
}
