import DrillCore
public import Engine
import Foundation
import Grading
public import Topology

/// What a lab's nodes are: its own file, the judge's, and what its scenario sets in the judge's.
public enum LabTopology {
  /// Reads the files as they are now.
  ///
  /// - Throws: `ProblemsError` with everything that is wrong in them.
  public static func read(_ lab: LabFolder, scenario: String, installation: Installation) throws -> Topology {
    let file = installation.scenario(scenario) + "/scenario.yaml"
    let start = FileManager.default.fileExists(atPath: file) ? try ScenarioFile.load(file).start : nil
    let variables = ProviderPlan.variables(start?.provider).merging(ProxyPlan.variables(start?.proxy)) { $1 }
    // The judge's own variables: given from here they win over the lab's .env.
    return try Topology.load(lab: lab.path, judgeFile: installation.judgeTopology, environment: variables)
  }
}
