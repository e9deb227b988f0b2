/// A service as one file describes it, with the places that checks across services need.
struct ServiceDraft {
  var service: Topology.Service
  /// Whether no profile keeps the service from running.
  var active: Bool
  /// Places of names that are checked later: `depends_on.NAME`, `volumes.NAME`, `secrets.NAME`.
  var places: [String: YAMLPlace] = [:]
}

/// Reads one Compose file after the other; checks that need all of them are done by `ComposeCheck`.
struct ComposeReader {
  let variables: [String: String]
  let problems: Problems
  private let profiles: Set<String>
  private(set) var drafts: [ServiceDraft] = []
  private(set) var volumes: [(volume: Topology.Volume, place: YAMLPlace)] = []
  private(set) var secrets: [(secret: Topology.Secret, place: YAMLPlace)] = []

  init(variables: [String: String], problems: Problems) {
    self.variables = variables
    self.problems = problems
    profiles = Set((variables["COMPOSE_PROFILES"] ?? "").split(separator: ",").map { String($0).trimmed })
  }

  /// Each has a number in the addresses of its nodes.
  private static let mostServices = 200

  /// - Returns: whether the file could be read at all; what others say of it would be noise otherwise.
  mutating func read(_ source: Topology.Source) -> Bool {
    guard let node = YAML.parse(source.text, file: source.name, problems: problems) else { return false }
    guard let top = YAMLValue(interpolated(node), key: "", problems: problems).map() else { return false }
    if let services = top.required("services")?.map() {
      let entries = services.entries()
      if entries.count > Self.mostServices {
        problems.report("has more than \(Self.mostServices) services", at: node.place, key: "services")
      }
      for (name, place, value) in entries.prefix(Self.mostServices) {
        if let draft = service(name, at: place, value, judge: source.judge) { drafts.append(draft) }
      }
    }
    readVolumes(top["volumes"]?.map(), judge: source.judge)
    readSecrets(top["secrets"]?.map(), judge: source.judge)
    refuseOthers(in: top, ignoring: ComposeKeys.ignoredAtTop)
    return true
  }

  /// Reports unknown keys; for well-known ones with what to do instead.
  func refuseOthers(in map: YAMLMap, ignoring ignored: Set<String>) {
    var advised: Set<String> = []
    for (name, place) in map.keys {
      guard let advice = ComposeKeys.advice[name] else { continue }
      problems.report("is not supported: \(advice)", at: place, key: map.path(name))
      advised.insert(name)
    }
    map.refuseOthers(ignoring: ignored.union(advised), allowingExtensions: true)
  }

  /// A reference to a file of the folder in which the Compose file stands, without `./`; nil with a report otherwise.
  func relativePath(_ text: String, _ value: YAMLValue) -> String? {
    guard text == "." || text.hasPrefix("./") else {
      value.report("must be a path that begins with ./ (relative to this file), not `\(text)`")
      return nil
    }
    let parts = text.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else {
      value.report("must stay in the folder of this file, not `\(text)`")
      return nil
    }
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }

  /// Characters of all texts of a file with their variables replaced.
  private static let longest = 4 << 20

  private func interpolated(_ node: YAMLNode) -> YAMLNode {
    var length = 0
    return node.mapTexts { text, place, key in
      guard length <= Self.longest else { return text }
      var interpolation = Interpolation(variables)
      do throws(Interpolation.Failure) {
        let result = try interpolation.expand(text)
        length += result.utf8.count
        if length > Self.longest {
          problems.report("is longer than \(Self.longest) characters once variables are replaced", at: place)
        }
        for name in interpolation.unset {
          problems.warn("the variable \(name) is not set; taken as empty", at: place, key: key)
        }
        return result
      } catch {
        problems.report(error.text, at: place, key: key, spoils: true)
        return text
      }
    }
  }

  func isActive(_ wanted: [String]) -> Bool {
    wanted.isEmpty || profiles.contains("*") || !profiles.isDisjoint(with: wanted)
  }

  private mutating func readVolumes(_ map: YAMLMap?, judge: Bool) {
    for (name, place, value) in map?.entries() ?? [] {
      if !Self.isName(name) { problems.report("is no valid name for a volume", at: place, key: value.key) }
      if !value.isNull { value.map()?.refuseOthers() }
      volumes.append((Topology.Volume(name: name, judge: judge), place))
    }
  }

  private mutating func readSecrets(_ map: YAMLMap?, judge: Bool) {
    for (name, place, value) in map?.entries() ?? [] {
      if !Self.isName(name) { problems.report("is no valid name for a secret", at: place, key: value.key) }
      guard let secret = value.map() else { continue }
      if let path = secret.required("file"), let text = path.name(), let file = relativePath(text, path) {
        secrets.append((Topology.Secret(name: name, file: file, judge: judge), place))
      }
      secret.refuseOthers()
    }
  }

  /// Letters, digits, `.`, `_` and `-`, the first a letter or digit: safe as the name of a file.
  static func isName(_ text: String) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter || first.isNumber, text.count <= 100 else {
      return false
    }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
  }
}
