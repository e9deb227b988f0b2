import Yams

/// Turns the nodes of the library into ours: resolves merge keys and keeps an eye on the size.
struct YAMLBuilder {
  let file: String
  let problems: Problems
  private var count = 0

  init(file: String, problems: Problems) {
    self.file = file
    self.problems = problems
  }

  mutating func build(_ node: Node, key: String) -> YAMLNode {
    let place = YAMLPlace(file: file, node.mark)
    count += 1
    guard count <= YAML.mostNodes else {
      if count == YAML.mostNodes + 1 {
        problems.report("has more than \(YAML.mostNodes) values once aliases are resolved", at: place)
      }
      return YAMLNode(.null, place: place)
    }
    switch node {
    case .scalar(let scalar):
      let plain = scalar.style == .plain || scalar.style == .any
      let null = plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      return YAMLNode(null ? .null : .scalar(scalar.string, plain: plain), place: place)
    case .sequence(let items):
      var built: [YAMLNode] = []
      for item in items where count <= YAML.mostNodes { built.append(build(item, key: "\(key)[\(built.count)]")) }
      return YAMLNode(.sequence(built), place: place)
    case .mapping(let mapping):
      return YAMLNode(.mapping(entries(of: mapping, key: key)), place: place)
    case .alias:
      return YAMLNode(.null, place: place)
    }
  }

  private mutating func entries(of mapping: Node.Mapping, key: String) -> [YAMLEntry] {
    var own: [YAMLEntry] = []
    var merged: [YAMLEntry] = []
    for (name, value) in mapping where count <= YAML.mostNodes {
      let place = YAMLPlace(file: file, name.mark)
      guard case .scalar(let scalar) = name else {
        problems.report("a key must be a single word, not a list or map", at: place, key: key)
        continue
      }
      if scalar.string == "<<", scalar.style == .plain {
        merged += merge(value, key: key, at: place)
        continue
      }
      let path = key.isEmpty ? scalar.string : "\(key).\(scalar.string)"
      if own.contains(where: { $0.key == scalar.string }) {
        problems.report("given more than once in the same map", at: place, key: path)
      }
      own.append(YAMLEntry(key: scalar.string, keyPlace: place, value: build(value, key: path)))
    }
    // A key of the map itself wins over a merged one, an earlier merged map over a later one.
    for entry in merged where !own.contains(where: { $0.key == entry.key }) { own.append(entry) }
    return own
  }

  private mutating func merge(_ value: Node, key: String, at place: YAMLPlace) -> [YAMLEntry] {
    switch value {
    case .mapping(let mapping): return entries(of: mapping, key: key)
    case .sequence(let items) where items.allSatisfy({ $0.mapping != nil }):
      var all: [YAMLEntry] = []
      for item in items { all += merge(item, key: key, at: place) }
      return all
    default:
      problems.report("`<<` takes a map or a list of maps", at: place, key: key)
      return []
    }
  }
}
