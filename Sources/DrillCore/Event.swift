/// One line of a history: something that happened, and when.
public struct Event: Sendable, Equatable {
  /// Nanoseconds since the grade began, by a monotonic clock.
  public var at: Int64
  /// What happened.
  public var kind: Kind

  /// An event of `kind` at `at` nanoseconds.
  public init(at: Int64, _ kind: Kind) {
    self.at = at
    self.kind = kind
  }

  /// The kinds of events. Load, chaos, probes and checks know each other only through these.
  public enum Kind: Sendable, Equatable {
    /// A part of a trial began or ended.
    case phase(PhaseEvent)
    /// One planned request and what it came to.
    case request(RequestEvent)
    /// One look from outside: an SQL value, a login, a metric, a process.
    case probe(ProbeEvent)
    /// A fault was injected, verified or cleared.
    case fault(FaultEvent)
    /// The state of a node as its engine sees it.
    case node(NodeEvent)
    /// A number worth keeping, for instance what a stream was meant to send.
    case sample(SampleEvent)
    /// The state of an alert of the lab.
    case alert(AlertEvent)
    /// What a query returned: the facts that the invariants are checked against.
    case rows(RowsEvent)
    /// A line for people; no check reads it.
    case note(NoteEvent)
  }
}

/// A part of a trial began or ended.
public struct PhaseEvent: Sendable, Equatable, Codable {
  /// The phase's name, for instance `mitigated.window`.
  public var name: String
  /// Whether this is the beginning or the end.
  public var mark: Mark
  /// Why it ended early, when it did.
  public var reason: String?

  /// Beginning or end.
  public enum Mark: String, Sendable, Codable {
    /// The phase begins.
    case begin
    /// The phase is over.
    case end
  }

  /// The beginning or the end of the phase `name`.
  public init(name: String, mark: Mark, reason: String? = nil) {
    self.name = name
    self.mark = mark
    self.reason = reason
  }
}

/// One look from outside.
public struct ProbeEvent: Sendable, Equatable, Codable {
  /// What was looked at, for instance `operator.login`.
  public var name: String
  /// Whether the look gave an answer. `false` says that the thing refused; a probe that could not look at all writes
  /// the label `dead`.
  public var ok: Bool
  /// The number that was seen, where there is one.
  public var value: Double?
  /// The words that were seen, where there are any.
  public var text: String?
  /// What tells this look from others of the same name.
  public var labels: [String: String]

  /// A look called `name`.
  public init(
    name: String, ok: Bool, value: Double? = nil, text: String? = nil, labels: [String: String] = [:]
  ) {
    self.name = name
    self.ok = ok
    self.value = value
    self.text = text
    self.labels = labels
  }

  /// Whether the probe itself was in trouble: then its silence says nothing about the lab.
  public var dead: Bool { labels["dead"] == "true" }
}

/// A fault was injected, verified or cleared.
public struct FaultEvent: Sendable, Equatable, Codable {
  /// The fault's id, unique in the grade.
  public var id: String
  /// Its kind, for instance `restart` or `scale`.
  public var kind: String
  /// What was done: `inject`, `verified`, `unverified` or `clear`.
  public var action: String
  /// Its parameters, as drawn from the seed.
  public var parameters: [String: String]

  /// The fault `id` of `kind`.
  public init(id: String, kind: String, action: String, parameters: [String: String] = [:]) {
    self.id = id
    self.kind = kind
    self.action = action
    self.parameters = parameters
  }
}

/// The state of a node as its engine sees it.
public struct NodeEvent: Sendable, Equatable, Codable {
  /// The node's name, for instance `inventory-7`.
  public var name: String
  /// The service it is an instance of.
  public var service: String
  /// The engine's word for its state.
  public var state: String
  /// Its process, when it runs.
  public var pid: Int32?
  /// Its address.
  public var address: String?

  /// The state of the node `name`.
  public init(name: String, service: String, state: String, pid: Int32? = nil, address: String? = nil) {
    self.name = name
    self.service = service
    self.state = state
    self.pid = pid
    self.address = address
  }
}

/// A number worth keeping.
public struct SampleEvent: Sendable, Equatable, Codable {
  /// What was measured; the unit is the last word of the name where there is one.
  public var name: String
  /// The number.
  public var value: Double
  /// What tells this number from others of the same name.
  public var labels: [String: String]

  /// The number `value` of `name`.
  public init(name: String, value: Double, labels: [String: String] = [:]) {
    self.name = name
    self.value = value
    self.labels = labels
  }
}

/// The state of an alert of the lab.
public struct AlertEvent: Sendable, Equatable, Codable {
  /// The alert's name.
  public var name: String
  /// `pending`, `firing` or `inactive`.
  public var state: String
  /// Its label `severity`, when it has one.
  public var severity: String?

  /// The alert `name` was seen in `state`.
  public init(name: String, state: String, severity: String? = nil) {
    self.name = name
    self.state = state
    self.severity = severity
  }
}

/// What a query returned.
public struct RowsEvent: Sendable, Equatable, Codable {
  /// Which facts these are, for instance `stock`.
  public var name: String
  /// The columns' names.
  public var columns: [String]
  /// The rows; `nil` is SQL's NULL.
  public var rows: [[String?]]

  /// The facts `name`.
  public init(name: String, columns: [String], rows: [[String?]]) {
    self.name = name
    self.columns = columns
    self.rows = rows
  }

  /// The values of the column called `column`, row by row; empty when there is no such column.
  public func values(of column: String) -> [String?] {
    guard let index = columns.firstIndex(of: column) else { return [] }
    return rows.map { index < $0.count ? $0[index] : nil }
  }
}

/// A line for people.
public struct NoteEvent: Sendable, Equatable, Codable {
  /// The line.
  public var text: String

  /// The line `text`.
  public init(text: String) { self.text = text }
}
