import DrillCore

extension History {
  /// A machine that stood still for longer has kept everybody waiting. In ms.
  private static let standstill = 500.0
  /// After a standstill there is a crowd, in ns.
  private static let crowd: Int64 = 1_000_000_000

  /// Those of `requests` whose trouble can't be that of a machine that stood still in `phase`.
  func outsideOfStandstills(_ requests: [RequestEvent], in phase: String) -> [RequestEvent] {
    let stalls = stalls(in: phase, above: [.machine: Self.standstill])
    return requests.filter { request in
      let end = request.done ?? request.scheduled
      return !stalls.contains { request.scheduled <= $0.upperBound + Self.crowd && end >= $0.lowerBound }
    }
  }
}
