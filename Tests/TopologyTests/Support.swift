import Topology

/// Parses one lab file.
func parse(_ text: String, env: String? = nil, environment: [String: String] = [:]) throws -> Topology {
  try Topology.parse([.init(name: "compose.yaml", text: text)], env: env, environment: environment)
}

/// The problems of a text as printed, none if it parses.
func problems(_ text: String, env: String? = nil, judge: String? = nil) -> [String] {
  var sources = [Topology.Source(name: "compose.yaml", text: text)]
  if let judge { sources.append(.init(name: "judge.yaml", text: judge, judge: true)) }
  do {
    _ = try Topology.parse(sources, env: env)
    return []
  } catch let error as ProblemsError {
    return error.problems.map(\.description)
  } catch {
    return ["\(error)"]
  }
}

/// A file with one service `a` that has the given lines, the first of which stands in line 4.
func serviceFile(_ lines: String) -> String {
  let indented = lines.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
  return "services:\n  a:\n    command: run\n\(indented)volumes:\n  data:\nsecrets:\n  key: {file: ./secrets/key}\n"
}

/// The service that `serviceFile` describes.
func service(_ lines: String) throws -> Topology.Service {
  guard let service = try parse(serviceFile(lines)).service("a") else { throw NoService() }
  return service
}

struct NoService: Error {}
