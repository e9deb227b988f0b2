import Yams

/// Reads YAML text into nodes that know their place.
public enum YAML {
  /// The most nodes of a file after aliases are resolved: a file of a kilobyte could otherwise fill the memory.
  static let mostNodes = 100_000

  /// Parses one document; problems of syntax, keys given twice and aliases out of bounds are reported, and then it is
  /// nil.
  public static func parse(_ text: String, file: String, problems: Problems) -> YAMLNode? {
    let before = problems.errors.count
    guard YAMLBounds.hold(text, file: file, problems: problems) else { return nil }
    var builder = YAMLBuilder(file: file, problems: problems)
    do {
      guard let root = try Yams.compose(yaml: text) else {
        problems.report("is empty", at: YAMLPlace(file: file))
        return nil
      }
      let node = builder.build(root, key: "")
      return problems.errors.count == before ? node : nil
    } catch let error as YamlError {
      report(error, file: file, problems)
    } catch {
      problems.report("\(error)", at: YAMLPlace(file: file))
    }
    return nil
  }

  /// Parses one document whose top is a map of keys, ready to be read with types.
  public static func read(_ text: String, file: String, problems: Problems) -> YAMLMap? {
    guard let node = parse(text, file: file, problems: problems) else { return nil }
    return YAMLValue(node, key: "", problems: problems).map()
  }

  private static func report(_ error: YamlError, file: String, _ problems: Problems) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let about = context.map { "\($0.text.trimmed), " } ?? ""
      problems.report("is no valid YAML: \(about)\(problem)", at: YAMLPlace(file: file, mark))
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
      problems.report(
        "given more than once in the same map: \(names)", at: YAMLPlace(file: file, context.mark), key: keys.first ?? ""
      )
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.prefix(offset ?? 0)
      let line = before.count { $0.isNewline } + 1
      problems.report("is no valid YAML: \(problem)", at: YAMLPlace(file: file, line: line))
    default:
      problems.report("is no valid YAML: \(error)", at: YAMLPlace(file: file))
    }
  }
}

extension YAMLPlace {
  init(file: String, _ mark: Mark?) {
    self.init(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
