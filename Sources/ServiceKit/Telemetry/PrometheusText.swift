/// Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
enum PrometheusText {
  /// The media type that the format is served as.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  static func append(_ family: PrometheusRegistry.Family, name: String, help: String?, to text: inout String) {
    var samples = ""
    for (labels, cell) in family.series.sorted(by: { $0.key < $1.key }) {
      switch cell {
      case .counter(let cell): appendSample(name, labels, cell.value, to: &samples)
      case .gauge(let cell): if let value = cell.value { appendSample(name, labels, value, to: &samples) }
      case .histogram(let cell): appendHistogram(name, labels, cell, to: &samples)
      }
    }
    if samples.isEmpty { return }
    if let help { text += "# HELP \(name) \(escapeHelp(help))\n" }
    text += "# TYPE \(name) \(family.kind.rawValue)\n"
    text += samples
  }

  private static func appendHistogram(_ name: String, _ labels: String, _ cell: HistogramCell, to text: inout String) {
    let reading = cell.read()
    let start = "\(name)_bucket{\(labels)\(labels.isEmpty ? "" : ",")le=\""
    var cumulative: UInt64 = 0
    for (index, count) in reading.counts.enumerated() {
      cumulative += count
      // A scrape of many instances each second is mostly these lines: text is added, not made and then added.
      text += start
      text += index < cell.boundTexts.count ? cell.boundTexts[index] : "+Inf"
      text += "\"} "
      text += String(cumulative)
      text += "\n"
    }
    appendSample(name + "_sum", labels, reading.sum, to: &text)
    appendSample(name + "_count", labels, Double(cumulative), to: &text)
  }

  private static func appendSample(_ name: String, _ labels: String, _ value: Double, to text: inout String) {
    text += name
    if !labels.isEmpty {
      text += "{"
      text += labels
      text += "}"
    }
    text += " "
    text += number(value)
    text += "\n"
  }

  /// Labels in order of name, the last of a repeated name, values escaped: `a="x",b="y"`.
  static func labels(_ dimensions: [(String, String)]) -> String {
    var byName: [String: String] = [:]
    for (name, value) in dimensions { byName[labelName(name)] = value }
    return byName.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escapeLabel($0.value))\"" }.joined(separator: ",")
  }

  /// A valid metric name (`[a-zA-Z_:][a-zA-Z0-9_:]*`) that has the given ending.
  static func metricName(_ label: String, ending: String) -> String {
    let name = sanitize(label, colons: true)
    return name.hasSuffix(ending) ? name : name + ending
  }

  /// A valid label name: two leading underscores and `le` belong to Prometheus itself.
  static func labelName(_ text: String) -> String {
    let name = sanitize(text, colons: false)
    if name.hasPrefix("__") { return "x" + name }
    return name == "le" ? "le_" : name
  }

  private static func sanitize(_ text: String, colons: Bool) -> String {
    var name = ""
    for character in text.unicodeScalars {
      let isDigit = ("0"..."9").contains(character)
      if isDigit && name.isEmpty { name = "_" }
      let isAllowed =
        isDigit || ("a"..."z").contains(character) || ("A"..."Z").contains(character) || character == "_"
        || (colons && character == ":")
      name.unicodeScalars.append(isAllowed ? character : "_")
    }
    return name.isEmpty ? "_" : name
  }

  private static func escapeLabel(_ text: String) -> String { escape(text, quotes: true) }

  private static func escapeHelp(_ text: String) -> String { escape(text, quotes: false) }

  private static func escape(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// A number as Go's `ParseFloat` reads it, whole numbers without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return value.description
  }
}
