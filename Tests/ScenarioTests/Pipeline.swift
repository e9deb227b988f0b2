import Foundation
import Testing
import Yams

/// What a CI system runs of the files that are given out for it, and what it takes away afterwards.
struct Pipeline {
  static let systems = ["github", "gitlab", "jenkins"]

  var script: String
  var environment: [String: String]
  /// The paths that are kept, whatever the outcome.
  var collected: [String]
  /// What they are kept as; nil where it is not ours to say.
  var artifact: String?

  /// One of `systems`.
  ///
  /// - Parameter settings: variables of the job, of the pipeline or of the project; inputs of the action.
  static func of(_ system: String, share: String, _ settings: [String: String] = [:]) throws -> Pipeline {
    switch system {
    case "github":
      let inputs = settings.map { ($0.key.replacing("FIREDRILL_", with: "").lowercased(), $0.value) }
      return try github(share: share, inputs: Dictionary(uniqueKeysWithValues: inputs))
    case "gitlab": return try gitlab(share: share, settings)
    default: return try jenkins(share: share, settings)
    }
  }

  /// The composite action: its own steps with their environment, every input that is not given at its default; required
  /// ones are missing.
  static func github(share: String, inputs given: [String: String] = [:]) throws -> Pipeline {
    let action = try yaml(share + "/compose/ci/action.yml")
    let inputs = try #require(action["inputs"] as? [String: [String: Any]])
    #expect(given.keys.allSatisfy { inputs[$0] != nil }, "\(given) are not all inputs")
    /// A value with what is given for the input that it names; nil for a required one that is not given.
    func resolved(_ value: String) throws -> String? {
      guard value.hasPrefix("${{") else { return value }
      let name = value.replacing("${{ inputs.", with: "").replacing(" }}", with: "")
      let input = try #require(inputs[name], "\(value) is no input")
      if let own = given[name] { return own }
      if input["required"] as? Bool == true { return nil }
      return try #require(input["default"] as? String, "\(name) has no default")
    }
    let runs = try #require(action["runs"] as? [String: Any])
    let steps = try #require(runs["steps"] as? [[String: Any]])
    var environment = ["GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": share + "/compose/ci"]
    let commands = steps.filter { $0["run"] != nil }
    for step in commands {
      #expect(step["shell"] as? String == "bash")
      for (name, value) in step["env"] as? [String: String] ?? [:] { environment[name] = try resolved(value) }
    }
    let upload = try #require(steps.first { ($0["uses"] as? String)?.hasPrefix("actions/upload-artifact@") == true })
    #expect(upload["if"] as? String == "always()")
    let with = try #require(upload["with"] as? [String: String])
    let (name, path) = (try #require(with["name"]), try #require(with["path"]))
    return Pipeline(
      script: commands.compactMap { $0["run"] as? String }.joined(separator: "\n"), environment: environment,
      collected: try [resolved(path)].compactMap(\.self), artifact: try resolved(name))
  }

  /// The hidden job that others extend. Variables of the project win over those of the file.
  static func gitlab(share: String, _ variables: [String: String] = [:]) throws -> Pipeline {
    let file = try yaml(share + "/compose/ci/gitlab.yml")
    let job = try #require(file[".firedrill"] as? [String: Any])
    // What the job itself says would win over what the pipeline says.
    #expect(job["variables"] == nil)
    // All systems try again alike: in the script.
    #expect(job["retry"] == nil)
    var environment = try #require(file["variables"] as? [String: String]).merging(variables) { $1 }
    environment["FIREDRILL_HOME"] = share
    let artifacts = try #require(job["artifacts"] as? [String: Any])
    #expect(artifacts["when"] as? String == "always")
    let paths = try #require(artifacts["paths"] as? [String])
    let junit = try #require((artifacts["reports"] as? [String: String])?["junit"])
    return Pipeline(
      script: try #require(job["script"] as? [String]).joined(separator: "\n"), environment: environment,
      collected: (paths + [junit]).map { path in
        environment.reduce(path) { $0.replacing("$" + $1.key, with: $1.value) }
      })
  }

  /// What stands in `sh '...'`. An `environment` block wins over the environment of the job.
  static func jenkins(share: String, _ settings: [String: String] = [:]) throws -> Pipeline {
    let text = try String(contentsOfFile: share + "/compose/ci/Jenkinsfile", encoding: .utf8)
    let commands = text.matches(of: /(?m)^ *sh '(.*)'$/).map { String($0.1) }
    try #require(!commands.isEmpty)
    var environment = settings
    for match in text.matches(of: /(?m)^ *([A-Z_]+) = '(.*)'$/) { environment[String(match.1)] = String(match.2) }
    environment["FIREDRILL_HOME"] = share
    let collected = text.matches(of: /(?m)^ *(?:junit testResults|archiveArtifacts artifacts): "(.*?)",/).map { match in
      String(match.1).replacing("/**", with: "").replacing(/\$\{env\.([A-Z_]+) \?: '(.*?)'\}/) {
        environment[String($0.1)] ?? String($0.2)
      }
    }
    try #require(collected.count == 2)
    return Pipeline(script: commands.joined(separator: "\n"), environment: environment, collected: collected)
  }

  private static func yaml(_ path: String) throws -> [String: Any] {
    try #require(try Yams.load(yaml: String(contentsOfFile: path, encoding: .utf8)) as? [String: Any])
  }
}
