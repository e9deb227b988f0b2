import Glibc
import Instrumentation
public import Logging

/// Writes log records as JSON, one line a record, in one `write` each so that lines of several threads never mix.
///
/// Fields: `time`, `level`, `service`, `instance`, `message`, `trace_id` and `span_id` while a request is handled,
/// `error` and then the metadata as text.
public struct JSONLogHandler: LogHandler {
  /// Fields of every record.
  public var metadata: Logger.Metadata = [:]
  /// The least severe level that is written.
  public var logLevel: Logger.Level
  /// Gives further fields for each record.
  public var metadataProvider: Logger.MetadataProvider?
  private let service: String
  private let instance: String
  private let sink: @Sendable (String) -> Void

  /// A handler for one service's instance; `sink` takes whole lines, by default standard error.
  public init(
    service: String, instance: String, level: Logger.Level,
    sink: @escaping @Sendable (String) -> Void = JSONLogHandler.standardError
  ) {
    self.service = service
    self.instance = instance
    self.sink = sink
    logLevel = level
  }

  /// One field of every record.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one record.
  public func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
    if let given = event.metadata { fields.merge(given) { _, new in new } }
    // Hummingbird numbers its requests; the trace's id does that across services.
    fields["hb.request.id"] = nil

    var line = "{\"time\":\""
    line += Timestamp.now()
    line += "\",\"level\":\""
    line += event.level.rawValue
    line += "\",\"service\":"
    JSONText.append(service, to: &line)
    line += ",\"instance\":"
    JSONText.append(instance, to: &line)
    line += ",\"message\":"
    JSONText.append(event.message.description, to: &line)
    if let trace = ServiceContext.current?.trace {
      line += ",\"trace_id\":\"\(trace.traceID)\",\"span_id\":\"\(trace.spanID)\""
    }
    if let error = event.error { fields["error"] = "\(error)" }
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      line += ","
      JSONText.append(Self.reserved.contains(key) ? key + "_" : key, to: &line)
      line += ":"
      JSONText.append(value.description, to: &line)
    }
    line += "}\n"
    sink(line)
  }

  private static let reserved: Set<String> = [
    "time", "level", "service", "instance", "message", "trace_id", "span_id",
  ]

  /// Writes a line to standard error; what can't be written is lost, a log must not stop a service.
  @Sendable public static func standardError(_ line: String) {
    var line = line
    line.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let base = rest.baseAddress, !rest.isEmpty {
        let count = write(2, base, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }
}
