import ArgumentParser
import Controller
import Engine
import Foundation
import Topology

/// How much is printed.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "No colours, no moving lines.") var plain = false
  @Flag(name: .shortAndLong, help: "Results only.") var quiet = false

  func apply() {
    Console.isPlain = plain
    Console.isQuiet = quiet
  }
}

/// Which lab is meant.
struct LabOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The lab's folder (default: $FIREDRILL_LAB, the lab one is in, or lab).", valueName: "dir"))
  var lab: String?

  @OptionGroup var output: OutputOptions

  var folder: LabFolder {
    output.apply()
    return LabFolder(path: lab ?? ProcessInfo.processInfo.environment["FIREDRILL_LAB"] ?? LabFolder.around() ?? "lab")
  }

  /// The controller of the lab, which must run.
  func controller() async throws -> ControllerClient { try await ControllerClient.connect(to: folder) }

  /// The run folder of the lab, which must have been started.
  func runDirectory() throws -> RunDirectory { RunDirectory(labID: try folder.requireState().id) }

  /// A node of the running lab by its name.
  func node(_ name: String) async throws -> NodeStatus {
    let nodes = try await controller().status().nodes
    if let node = nodes.first(where: { $0.name == name }) { return node }
    throw NodeNames.unknown(name, among: nodes)
  }

  /// A node of the running lab that one can log in to.
  func node(_ name: String, as server: NodeNames.Server) async throws -> NodeStatus {
    let node = try await node(name)
    // Files that are just being edited say nothing.
    if let topology = try? Topology.load(lab: folder.path),
      let refusal = NodeNames.refusal(of: node, as: server, in: topology, try await controller().status().nodes)
    {
      throw refusal
    }
    return node
  }

  /// Writes down that somebody looked: the post-mortem counts the first look.
  func noteLook(_ what: String) { ChangeLog(path: folder.changeLog).add(what, .look) }
}
