/// The record of a grade: everything that load, chaos and probes saw, in the order in which it was written.
///
/// Checks are functions of a history and of nothing else, so a verdict can be recomputed from its evidence.
public struct History: Sendable, Equatable {
  /// The events, in the order in which they were recorded (a request is recorded when it is done).
  public var events: [Event]

  /// A history of `events`.
  public init(_ events: [Event] = []) { self.events = events }

  /// Every request, dropped ones included.
  public var requests: [RequestEvent] {
    events.compactMap { if case .request(let request) = $0.kind { request } else { nil } }
  }

  /// Every request of `stream` that was due within `phase`; without a phase, every one of the stream.
  public func requests(stream: String, in phase: String? = nil) -> [RequestEvent] {
    guard let phase else { return requests.filter { $0.stream == stream } }
    guard let span = span(of: phase) else { return [] }
    return requests.filter { $0.stream == stream && span.contains($0.scheduled) }
  }

  /// Every request that got a reply, or only those with a 2xx reply.
  public func replies(ok: Bool) -> [RequestEvent] {
    requests.filter { ok ? $0.outcome == .ok : $0.status != nil }
  }

  /// Every look called `name`, with its time.
  public func probes(_ name: String, in phase: String? = nil) -> [(at: Int64, probe: ProbeEvent)] {
    let range = phase.map { span(of: $0) ?? 0...0 }
    return events.compactMap { event in
      guard case .probe(let probe) = event.kind, probe.name == name else { return nil }
      if let range, !range.contains(event.at) { return nil }
      return (event.at, probe)
    }
  }

  /// Every sample called `name`.
  public func samples(_ name: String) -> [SampleEvent] {
    events.compactMap { if case .sample(let sample) = $0.kind, sample.name == name { sample } else { nil } }
  }

  /// Every state seen of an alert, with its time.
  public var alerts: [(at: Int64, alert: AlertEvent)] {
    events.compactMap { if case .alert(let alert) = $0.kind { ($0.at, alert) } else { nil } }
  }

  /// Everything that was done about faults, with its time.
  public var faults: [(at: Int64, fault: FaultEvent)] {
    events.compactMap { if case .fault(let fault) = $0.kind { ($0.at, fault) } else { nil } }
  }

  /// The rows that were recorded under `name`, oldest first.
  public func rows(_ name: String) -> [RowsEvent] {
    events.compactMap { if case .rows(let rows) = $0.kind, rows.name == name { rows } else { nil } }
  }

  /// The rows of the look `name` that describe the lab as it is now: `nil` when a later look of that name failed, or
  /// when the trial that was tried last has not looked. A trial is a phase that begins within no other.
  public func latestRows(_ name: String) -> RowsEvent? {
    var latest: RowsEvent?
    var depth = 0
    for event in events {
      switch event.kind {
      case .phase(let mark) where mark.mark == .begin:
        if depth == 0 { latest = nil }
        depth += 1
      case .phase: depth = Swift.max(0, depth - 1)
      case .rows(let rows) where rows.name == name: latest = rows
      case .probe(let probe) where probe.name == name && probe.dead: latest = nil
      default: break
      }
    }
    return latest
  }

  /// The time of `phase`; `nil` when it never began. A phase that never ended reaches to the last event.
  public func span(of phase: String) -> ClosedRange<Int64>? {
    var begin: Int64?
    for event in events {
      guard case .phase(let mark) = event.kind, mark.name == phase else { continue }
      switch mark.mark {
      case .begin: begin = event.at
      case .end: if let begin { return begin...Swift.max(begin, event.at) }
      }
    }
    guard let begin else { return nil }
    return begin...Swift.max(begin, events.map(\.at).max() ?? begin)
  }

  /// What was recorded until `phase` ended; everything where it has not.
  public func until(endOf phase: String) -> History {
    let end = events.lastIndex { event in
      if case .phase(let mark) = event.kind { mark.name == phase && mark.mark == .end } else { false }
    }
    return end.map { History(Array(events[...$0])) } ?? self
  }

  /// Whether `phase` began, or whether it also came to its planned end.
  public func finished(_ phase: String) -> Bool {
    events.contains {
      if case .phase(let mark) = $0.kind { mark.name == phase && mark.mark == .end } else { false }
    }
  }

  /// Why `phase` ended early; `nil` when it ran its full time or never ended.
  public func endedEarly(_ phase: String) -> String? {
    for event in events {
      if case .phase(let mark) = event.kind, mark.name == phase, mark.mark == .end { return mark.reason }
    }
    return nil
  }
}
