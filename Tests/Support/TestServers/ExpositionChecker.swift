/// Reads Prometheus' text format strictly and lists what is wrong with a text.
///
/// `promtool check metrics` takes duplicates, negative counters and disordered buckets; Prometheus itself takes even
/// more.
public enum ExpositionChecker {
  /// What is wrong with `text`; nothing when all is well.
  public static func problems(in text: String) -> [String] {
    var checker = Reader()
    if !text.isEmpty && text.last != "\n" { checker.problems.append("the last line has no end") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) { checker.read(line) }
    checker.finish()
    return checker.problems
  }

  private struct Reader {
    var problems: [String] = []
    var types: [String: String] = [:]
    var helped: Set<String> = []
    var seen: Set<String> = []
    var buckets: [String: [(bound: Double, count: Double)]] = [:]
    var counts: [String: Double] = [:]
    var sums: Set<String> = []
    var family = ""

    mutating func read(_ line: Substring) {
      if line.hasPrefix("# ") { return readComment(line) }
      guard let sample = Sample(line) else { return problems.append("not a sample: \(line)") }
      let key =
        sample.name + "{" + sample.labels.sorted { $0.0 < $1.0 }.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
      if !seen.insert(key).inserted { problems.append("twice: \(line)") }
      if Set(sample.labels.map(\.0)).count != sample.labels.count { problems.append("a label twice: \(line)") }
      if types[family] == "histogram", sample.name.hasPrefix(family + "_") {
        readHistogram(sample)
      } else {
        if sample.name != family { problems.append("outside its family \(family): \(line)") }
        if types[family] == "counter", !(sample.value >= 0) { problems.append("a negative counter: \(line)") }
        if types[family] == nil { problems.append("no TYPE: \(line)") }
      }
    }

    mutating func readComment(_ line: Substring) {
      let parts = line.split(separator: " ", maxSplits: 3)
      guard parts.count >= 3 else { return problems.append("not a comment: \(line)") }
      family = String(parts[2])
      if parts[1] == "HELP", !helped.insert(family).inserted { problems.append("HELP twice: \(line)") }
      guard parts[1] == "TYPE" else { return }
      if types[family] != nil { problems.append("TYPE twice: \(line)") }
      types[family] = parts.count > 3 ? String(parts[3]) : ""
    }

    mutating func readHistogram(_ sample: Sample) {
      let rest = sample.labels.filter { $0.0 != "le" }.map { "\($0.0)=\($0.1)" }.sorted().joined(separator: ",")
      let key = family + "|" + rest
      switch sample.name.dropFirst(family.count) {
      case "_bucket":
        let text = sample.labels.first { $0.0 == "le" }?.1
        let bound = text == "+Inf" ? Double.infinity : text.flatMap { Double($0) }
        guard let bound else { return problems.append("a bucket without le in \(key)") }
        buckets[key, default: []].append((bound, sample.value))
      case "_sum": sums.insert(key)
      case "_count": counts[key] = sample.value
      default: problems.append("\(sample.name) in the histogram \(family)")
      }
    }

    mutating func finish() {
      for (key, list) in buckets {
        for (first, second) in zip(list, list.dropFirst()) {
          if first.bound >= second.bound { problems.append("buckets out of order in \(key)") }
          if first.count > second.count { problems.append("buckets not cumulative in \(key)") }
        }
        if list.last?.bound != .infinity { problems.append("no +Inf in \(key)") }
        if list.last?.count != counts[key] { problems.append("+Inf isn't the count in \(key)") }
        if !sums.contains(key) { problems.append("no sum in \(key)") }
      }
    }
  }

  private struct Sample {
    var name: String
    var labels: [(String, String)] = []
    var value: Double

    init?(_ line: Substring) {
      let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
      guard let first = name.first, !first.isNumber else { return nil }
      self.name = String(name)
      var rest = line.dropFirst(name.count)
      if rest.first == "{" {
        rest = rest.dropFirst()
        while rest.first != "}" {
          guard let label = Self.label(&rest) else { return nil }
          labels.append(label)
          if rest.first == "," { rest = rest.dropFirst() } else if rest.first != "}" { return nil }
        }
        rest = rest.dropFirst()
      }
      guard rest.first == " " else { return nil }
      let text = String(rest.dropFirst())
      let special: [String: Double] = ["+Inf": .infinity, "-Inf": -.infinity, "NaN": .nan]
      guard let value = special[text] ?? Double(text) else { return nil }
      self.value = value
    }

    private static func label(_ rest: inout Substring) -> (String, String)? {
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      rest = rest.dropFirst(name.count)
      guard !name.isEmpty, rest.hasPrefix("=\"") else { return nil }
      rest = rest.dropFirst(2)
      var value = ""
      while let next = rest.first, next != "\"" {
        rest = rest.dropFirst()
        guard next == "\\" else {
          value.append(next)
          continue
        }
        guard let escaped = rest.popFirst(), let character = ["n": "\n", "\\": "\\", "\"": "\""][escaped] else {
          return nil
        }
        value += character
      }
      guard rest.popFirst() == "\"" else { return nil }
      return (String(name), value)
    }
  }
}
