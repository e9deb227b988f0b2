/// A map of a YAML file that remembers which keys were asked for, so that it can refuse the others.
///
///     let map = YAML.read(text, file: "scenario.yaml", problems: problems)
///     let rate = map?.required("rate")?.int(1...10_000)
///     map?.refuseOthers()
///     try problems.throwIfAny()
public final class YAMLMap {
  /// The key of the map from the top of the file; empty for the top itself.
  public let key: String
  /// Where the map begins.
  public let place: YAMLPlace
  /// Where problems go.
  public let problems: Problems
  private let content: [YAMLEntry]
  private var known: [String] = []

  init(_ content: [YAMLEntry], key: String, place: YAMLPlace, problems: Problems) {
    self.content = content
    self.key = key
    self.place = place
    self.problems = problems
  }

  /// The keys in the order of the file, with the place of each.
  public var keys: [(name: String, place: YAMLPlace)] { content.map { ($0.key, $0.keyPlace) } }

  /// The value of a key, or nil if the key isn't there or has no value. The key counts as known from now on.
  public subscript(name: String) -> YAMLValue? {
    guard let value = raw(name), !value.isNull else { return nil }
    return value
  }

  /// The value of a key, also if nothing stands after the colon. The key counts as known from now on.
  public func raw(_ name: String) -> YAMLValue? {
    know(name)
    return content.first { $0.key == name }.map { YAMLValue($0.value, key: path(name), problems: problems) }
  }

  /// The value of a key that must be there.
  public func required(_ name: String) -> YAMLValue? {
    if let value = self[name] { return value }
    problems.report("is missing", at: place, key: path(name))
    return nil
  }

  /// All keys with their values, in the order of the file: for maps whose keys are names. All count as known.
  public func entries() -> [(name: String, place: YAMLPlace, value: YAMLValue)] {
    content.map {
      know($0.key)
      return ($0.key, $0.keyPlace, YAMLValue($0.value, key: path($0.key), problems: problems))
    }
  }

  /// Where the key stands, or where the map begins.
  public func place(of name: String) -> YAMLPlace { content.first { $0.key == name }?.keyPlace ?? place }

  /// The key from the top of the file.
  public func path(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }

  /// Reports each key that nobody asked for, with the nearest known one when it looks like a slip.
  ///
  /// - Parameters:
  ///   - ignored: keys that are meant to be left alone.
  ///   - allowingExtensions: whether keys that begin with `x-` are left alone, as in Compose.
  public func refuseOthers(ignoring ignored: Set<String> = [], allowingExtensions: Bool = false) {
    for entry in content where !known.contains(entry.key) && !ignored.contains(entry.key) {
      if allowingExtensions, entry.key.hasPrefix("x-") { continue }
      let hint = Spelling.hint(for: entry.key, among: known + ignored.sorted())
      problems.report("is not supported\(hint)", at: entry.keyPlace, key: path(entry.key))
    }
  }

  private func know(_ name: String) {
    if !known.contains(name) { known.append(name) }
  }
}
