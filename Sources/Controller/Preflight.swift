import Engine
import Foundation
import Topology

/// The lab's own gate before a deploy: `preflight` in the lab's folder.
struct Preflight {
  private static let patience = Duration.seconds(10)
  let lab: LabFolder

  /// Runs it with what is about to be deployed: `REPLICAS_NAME` for each service, and `PLAN`, the topology as JSON.
  ///
  /// A lab without the file has no gate. A file that cannot be executed is an error, not a pass.
  func run(on engine: any Engine, topology: Topology) async throws -> CommandResult {
    let path = lab.path + "/preflight"
    guard FileManager.default.fileExists(atPath: path) else { return CommandResult(status: 0, output: "") }
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw EngineError("\(path) is not executable: chmod +x it, or remove it", code: .usage)
    }
    let plan = lab.stateFolder + "/plan.json"
    try topology.json().write(to: URL(fileURLWithPath: plan), options: .atomic)
    var environment = ["PLAN": plan]
    for service in topology.services where !service.judge {
      let name = "REPLICAS_" + service.name.uppercased().replacing("-", with: "_")
      environment[name] = "\(service.replicas ?? 1)"
    }
    return try await engine.run(["./preflight"], environment: environment, input: nil, timeout: Self.patience)
  }
}
