// Hand-written histories: what a test of a check is made of. One line says one thing.
extension History {
  /// A history of one 2xx reply from each of `instances`, on the stream `sweep`, all delivered.
  public static func replies(from instances: [String]) -> History {
    var history = History()
    for (index, instance) in instances.enumerated() {
      history.add(stream: "sweep", op: "stock", target: instance, at: Int64(index) * 1_000_000, instance: instance)
    }
    return history
  }

  /// Adds one request that was sent on time and answered (or cut, when `status` is `nil`) a millisecond later.
  public mutating func add(
    stream: String, op: String, target: String? = nil, at: Int64, status: Int? = 200, instance: String? = nil,
    code: String? = nil, key: String? = nil, labels: [String: String]? = nil, values: [String: Int64]? = nil
  ) {
    let done = at + 1_000_000
    events.append(
      Event(
        at: done,
        .request(
          RequestEvent(
            stream: stream, op: op, target: target, scheduled: at, sent: at, done: done, status: status,
            outcome: status.map { Outcome(status: $0) } ?? .unknown, instance: instance, code: code, key: key,
            labels: labels, values: values))))
  }

  /// Adds one planned request that was never sent.
  public mutating func addDropped(stream: String, op: String, at: Int64) {
    events.append(
      Event(at: at, .request(RequestEvent(stream: stream, op: op, scheduled: at, outcome: .dropped))))
  }

  /// Adds a look from outside.
  public mutating func addProbe(
    _ name: String, at: Int64, ok: Bool = true, value: Double? = nil, text: String? = nil,
    labels: [String: String] = [:]
  ) {
    events.append(Event(at: at, .probe(ProbeEvent(name: name, ok: ok, value: value, text: text, labels: labels))))
  }

  /// Adds the rows of a query.
  public mutating func addRows(_ name: String, at: Int64, columns: [String], _ rows: [[String?]]) {
    events.append(Event(at: at, .rows(RowsEvent(name: name, columns: columns, rows: rows))))
  }

  /// Adds what a stream was meant to send.
  public mutating func addPlanned(_ count: Int, stream: String, phase: String, at: Int64) {
    events.append(
      Event(
        at: at,
        .sample(SampleEvent(name: "load.planned", value: Double(count), labels: ["stream": stream, "phase": phase]))))
  }

  /// Adds the state of an alert.
  public mutating func addAlert(_ name: String, _ state: String, at: Int64) {
    events.append(Event(at: at, .alert(AlertEvent(name: name, state: state))))
  }

  /// Adds what was done about a fault.
  public mutating func addFault(
    _ kind: String, _ action: String, id: String = "f1", at: Int64, parameters: [String: String] = [:]
  ) {
    events.append(Event(at: at, .fault(FaultEvent(id: id, kind: kind, action: action, parameters: parameters))))
  }

  /// This history with `name` beginning at `begin` and ending at `end` (never, when `nil`).
  public func phase(_ name: String, from begin: Int64, to end: Int64?, reason: String? = nil) -> History {
    var copy = self
    copy.events.insert(Event(at: begin, .phase(PhaseEvent(name: name, mark: .begin))), at: 0)
    if let end { copy.events.append(Event(at: end, .phase(PhaseEvent(name: name, mark: .end, reason: reason)))) }
    return copy
  }
}
