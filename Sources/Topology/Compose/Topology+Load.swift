#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Topology {
  /// A file to read: its name for messages, its text, and whether it is the judge's.
  public struct Source: Sendable {
    /// The name as the reader of a message should see it.
    public var name: String
    /// The content.
    public var text: String
    /// Whether the services in it judge.
    public var judge: Bool

    /// Creates a source.
    public init(name: String, text: String, judge: Bool = false) {
      self.name = name
      self.text = text
      self.judge = judge
    }
  }

  /// Reads `compose.yaml` of a lab, with the variables of its `.env`, and the judge's file if one is named.
  ///
  /// - Parameters:
  ///   - lab: the lab's folder.
  ///   - judgeFile: the path of `judge.yaml`, or nil to read the lab alone.
  ///   - environment: variables that win over those of `.env`, as the caller's environment does in Compose.
  /// - Throws: `ProblemsError` with everything that is wrong.
  public static func load(
    lab: String, judgeFile: String? = nil, environment: [String: String] = [:]
  ) throws -> Topology {
    let problems = Problems()
    var sources: [Source] = []
    for (path, judge) in [("\(lab)/compose.yaml", false)] + (judgeFile.map { [($0, true)] } ?? []) {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      if let text = readText(path, name: name, problems) {
        sources.append(Source(name: name, text: text, judge: judge))
      }
    }
    let hasEnv = FileManager.default.fileExists(atPath: "\(lab)/.env")
    let env = hasEnv ? readText("\(lab)/.env", name: ".env", problems) : nil
    try problems.throwIfAny()
    return try parse(sources, env: env, environment: environment)
  }

  /// Parses the files of a topology.
  ///
  /// - Parameters:
  ///   - sources: the files; a service may stand in one of them only.
  ///   - env: the content of `.env`.
  ///   - environment: variables that win over those of `.env`.
  /// - Throws: `ProblemsError` with everything that is wrong.
  public static func parse(
    _ sources: [Source], env: String? = nil, environment: [String: String] = [:]
  ) throws -> Topology {
    let problems = Problems()
    let values = env.map { DotEnv.parse($0, environment: environment, problems: problems) } ?? [:]
    var reader = ComposeReader(variables: values.merging(environment) { _, outer in outer }, problems: problems)
    for source in sources where !reader.read(source) { try problems.throwIfAny() }
    if let env { warnOfUnused(values.keys, in: env, sources, problems) }
    let topology = ComposeCheck(
      drafts: reader.drafts, volumes: reader.volumes, secrets: reader.secrets, problems: problems
    )
    .topology()
    try problems.throwIfAny()
    return topology
  }

  /// A variable of `.env` that no file mentions is most likely misspelt. Compose's own need not be mentioned.
  private static func warnOfUnused(
    _ names: some Sequence<String>, in env: String, _ sources: [Source], _ problems: Problems
  ) {
    let text = sources.map(\.text).joined(separator: "\n")
    let lines = env.split(separator: "\n", omittingEmptySubsequences: false)
    let used = Set(text.matches(of: #/\$\{?([A-Za-z_][A-Za-z0-9_]*)/#).map { String($0.1) })
    let inner = Set(env.matches(of: #/\$\{?([A-Za-z_][A-Za-z0-9_]*)/#).map { String($0.1) })
    let unused = names.filter { !used.contains($0) && !inner.contains($0) && !$0.hasPrefix("COMPOSE_") }.sorted()
    // Each is looked for in all that there is, so there is an end to it.
    for name in unused.prefix(20) {
      let line = lines.firstIndex { $0.drop { $0 == " " }.hasPrefix(name) } ?? 0
      problems.warn(
        "nothing uses it\(Spelling.hint(for: name, among: used.sorted()))",
        at: YAMLPlace(file: ".env", line: line + 1), key: name)
    }
  }

  private static func readText(_ path: String, name: String, _ problems: Problems) -> String? {
    guard let data = FileManager.default.contents(atPath: path) else {
      problems.report("cannot be read (\(path))", at: YAMLPlace(file: name))
      return nil
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      problems.report("is not UTF-8 text", at: YAMLPlace(file: name))
      return nil
    }
    return text
  }
}
