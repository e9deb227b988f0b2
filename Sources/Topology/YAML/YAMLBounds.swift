import CYaml

/// A first look at a YAML text, before any of it is kept: a text of a kilobyte could otherwise keep a reader busy for
/// ever, since aliases within aliases stand for as much as one likes.
struct YAMLBounds {
  /// Lists and maps in each other.
  static let deepest = 100
  /// Entries of one list or map.
  static let longest = 2_000

  private struct Open {
    var isMap: Bool
    var anchor: String?
    var size = 1
    var entries = 0
    var place: YAMLPlace
  }

  private let file: String
  private let problems: Problems
  private var open: [Open] = []
  private var anchors: [String: (size: Int, isScalar: Bool)] = [:]

  private init(file: String, problems: Problems) {
    self.file = file
    self.problems = problems
  }

  /// Whether the text may be read; reports why not. What is no YAML may: its reader will say so.
  static func hold(_ text: String, file: String, problems: Problems) -> Bool {
    var bounds = YAMLBounds(file: file, problems: problems)
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { return true }
    defer { yaml_parser_delete(&parser) }
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      while true {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else { return true }
        defer { yaml_event_delete(&event) }
        if event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT { return true }
        if !bounds.take(event) { return false }
      }
    }
  }

  private mutating func take(_ event: yaml_event_t) -> Bool {
    let place = YAMLPlace(file: file, line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
    switch event.type {
    case YAML_SCALAR_EVENT:
      let anchor = Self.text(event.data.scalar.anchor)
      if let anchor { anchors[anchor] = (1, true) }
      return add(1, isScalar: true, at: place)
    case YAML_ALIAS_EVENT:
      // One that is not known is the reader's to report.
      let known = Self.text(event.data.alias.anchor).flatMap { anchors[$0] } ?? (1, true)
      return add(known.size, isScalar: known.isScalar, at: place)
    case YAML_SEQUENCE_START_EVENT:
      return begin(Open(isMap: false, anchor: Self.text(event.data.sequence_start.anchor), place: place))
    case YAML_MAPPING_START_EVENT:
      return begin(Open(isMap: true, anchor: Self.text(event.data.mapping_start.anchor), place: place))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      guard let done = open.popLast() else { return true }
      if let anchor = done.anchor { anchors[anchor] = (done.size, false) }
      return add(done.size, isScalar: false, at: done.place)
    default:
      return true
    }
  }

  private mutating func begin(_ collection: Open) -> Bool {
    guard !isKey || open.isEmpty else { return refuse(Self.badKey, at: collection.place) }
    guard open.count < Self.deepest else { return refuse("is more than \(Self.deepest) deep", at: collection.place) }
    open.append(collection)
    return true
  }

  private static let badKey = "a key must be a single word, not a list or map"

  /// Whether what comes next is a key.
  private var isKey: Bool { open.last.map { $0.isMap && $0.entries % 2 == 0 } ?? false }

  private mutating func add(_ size: Int, isScalar: Bool, at place: YAMLPlace) -> Bool {
    guard let last = open.indices.last else { return true }
    guard isScalar || !isKey else { return refuse(Self.badKey, at: place) }
    open[last].entries += 1
    open[last].size += size
    guard open[last].size <= YAML.mostNodes else {
      return refuse("has more than \(YAML.mostNodes) values once aliases are resolved", at: place)
    }
    guard open[last].entries <= Self.longest * (open[last].isMap ? 2 : 1) else {
      return refuse("has more than \(Self.longest) entries", at: open[last].place)
    }
    return true
  }

  private func refuse(_ message: String, at place: YAMLPlace) -> Bool {
    problems.report(message, at: place)
    return false
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
