extension Event: Codable {
  private enum Key: String, CodingKey {
    case at, type
  }

  /// Writes one flat object: `at`, `type`, and the fields of that type.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(at, forKey: .at)
    try container.encode(typeName, forKey: .type)
    switch kind {
    case .phase(let event): try event.encode(to: encoder)
    case .request(let event): try event.encode(to: encoder)
    case .probe(let event): try event.encode(to: encoder)
    case .fault(let event): try event.encode(to: encoder)
    case .node(let event): try event.encode(to: encoder)
    case .sample(let event): try event.encode(to: encoder)
    case .alert(let event): try event.encode(to: encoder)
    case .rows(let event): try event.encode(to: encoder)
    case .note(let event): try event.encode(to: encoder)
    }
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` for an unknown type or a missing field.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    at = try container.decode(Int64.self, forKey: .at)
    let type = try container.decode(String.self, forKey: .type)
    switch type {
    case "phase": kind = .phase(try PhaseEvent(from: decoder))
    case "request": kind = .request(try RequestEvent(from: decoder))
    case "probe": kind = .probe(try ProbeEvent(from: decoder))
    case "fault": kind = .fault(try FaultEvent(from: decoder))
    case "node": kind = .node(try NodeEvent(from: decoder))
    case "sample": kind = .sample(try SampleEvent(from: decoder))
    case "alert": kind = .alert(try AlertEvent(from: decoder))
    case "rows": kind = .rows(try RowsEvent(from: decoder))
    case "note": kind = .note(try NoteEvent(from: decoder))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: container, debugDescription: "no event has the type '\(type)'")
    }
  }

  /// The word that stands in the field `type`.
  public var typeName: String {
    switch kind {
    case .phase: "phase"
    case .request: "request"
    case .probe: "probe"
    case .fault: "fault"
    case .node: "node"
    case .sample: "sample"
    case .alert: "alert"
    case .rows: "rows"
    case .note: "note"
    }
  }
}
