extension History {
  /// What became of the load of a stream.
  public struct LoadSummary: Sendable, Equatable, Codable {
    /// Requests that were planned, whether or not their time came.
    public var scheduled: Int
    /// Requests that went out.
    public var sent: Int
    /// Requests that got a reply of any kind.
    public var answered: Int
    /// Requests that got a 2xx reply.
    public var ok: Int
    /// Requests that the generator did not send because too many were in flight.
    public var dropped: Int

    /// A summary; all zero unless told.
    public init(scheduled: Int = 0, sent: Int = 0, answered: Int = 0, ok: Int = 0, dropped: Int = 0) {
      self.scheduled = scheduled
      self.sent = sent
      self.answered = answered
      self.ok = ok
      self.dropped = dropped
    }

    /// The share of the planned requests that went out, 0...1; 0 when none was planned.
    public var delivered: Double { scheduled == 0 ? 0 : Double(sent) / Double(scheduled) }
  }

  /// What became of the load of `stream` (of every stream without one), within `phase` when one is given.
  ///
  /// A generator that died has written what it planned (`load.planned`) but no outcomes, and so delivered little.
  public func load(stream: String? = nil, in phase: String? = nil) -> LoadSummary {
    let range = phase.map { span(of: $0) ?? 0...0 }
    let chosen = requests.filter { request in
      (stream == nil || request.stream == stream) && (range?.contains(request.scheduled) ?? true)
    }
    var planned = 0
    for event in events {
      guard case .sample(let sample) = event.kind, sample.name == "load.planned" else { continue }
      guard stream == nil || sample.labels["stream"] == stream else { continue }
      guard phase == nil || sample.labels["phase"] == phase else { continue }
      planned += Int(sample.value)
    }
    return LoadSummary(
      scheduled: max(planned, chosen.count),
      sent: chosen.count { $0.sent != nil },
      answered: chosen.count { $0.status != nil },
      ok: chosen.count { $0.outcome == .ok },
      dropped: chosen.count { $0.outcome == .dropped })
  }

  /// The share of all planned requests that went out, 0...1.
  public var delivered: Double { load().delivered }

  /// The lateness of the generator that `share` (0...1) of the sent requests of `stream` in `phase` did not exceed,
  /// in nanoseconds; `nil` without a sent request. Nearest rank.
  public func lateness(share: Double, stream: String, in phase: String? = nil) -> Int64? {
    let sorted = requests(stream: stream, in: phase).compactMap(\.lateness).sorted()
    guard !sorted.isEmpty else { return nil }
    let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted[min(max(rank, 0), sorted.count - 1)]
  }
}
