import Foundation
import Testing
import Yams

/// What a CI system runs of the files that are given out for it.
struct Pipeline {
  var script: String
  var environment: [String: String]

  /// The composite action: its own steps with their environment, every input at its default; required ones are missing.
  static func github(share: String) throws -> Pipeline {
    let action = try yaml(share + "/compose/ci/action.yml")
    let inputs = try #require(action["inputs"] as? [String: [String: Any]])
    let runs = try #require(action["runs"] as? [String: Any])
    let steps = try #require(runs["steps"] as? [[String: Any]]).filter { $0["run"] != nil }
    var environment = ["GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": share + "/compose/ci"]
    for step in steps {
      #expect(step["shell"] as? String == "bash")
      for (name, value) in step["env"] as? [String: String] ?? [:] {
        let input = value.replacing("${{ inputs.", with: "").replacing(" }}", with: "")
        let given = try #require(inputs[input], "\(value) is no input")
        if given["required"] as? Bool == true { continue }
        environment[name] = try #require(given["default"] as? String, "\(input) has no default")
      }
    }
    return Pipeline(script: steps.compactMap { $0["run"] as? String }.joined(separator: "\n"), environment: environment)
  }

  /// The hidden job that others extend.
  static func gitlab(share: String) throws -> Pipeline {
    let job = try #require(try yaml(share + "/compose/ci/gitlab.yml")[".firedrill"] as? [String: Any])
    var environment = try #require(job["variables"] as? [String: String])
    environment["FIREDRILL_HOME"] = share
    return Pipeline(script: try #require(job["script"] as? [String]).joined(separator: "\n"), environment: environment)
  }

  /// What stands in `environment` and in `sh '...'`.
  static func jenkins(share: String) throws -> Pipeline {
    let text = try String(contentsOfFile: share + "/compose/ci/Jenkinsfile", encoding: .utf8)
    let commands = text.matches(of: /(?m)^ *sh '(.*)'$/).map { String($0.1) }
    try #require(!commands.isEmpty)
    var environment = ["FIREDRILL_HOME": share]
    for match in text.matches(of: /(?m)^ *([A-Z_]+) = '(.*)'$/) { environment[String(match.1)] = String(match.2) }
    try #require(environment.count > 1)
    return Pipeline(script: commands.joined(separator: "\n"), environment: environment)
  }

  private static func yaml(_ path: String) throws -> [String: Any] {
    try #require(try Yams.load(yaml: String(contentsOfFile: path, encoding: .utf8)) as? [String: Any])
  }
}
