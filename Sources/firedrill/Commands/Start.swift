import ArgumentParser
import Controller
import Engine
import Foundation
import Topology

/// `start ID`
struct Start: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Start a scenario in a folder that you edit.")

  @Argument(help: "A scenario; `firedrill list` names them. base is the healthy shop.") var id: String?
  @OptionGroup var lab: LabOptions
  @Option(help: "A number that is kept with the lab; what a scenario draws at its start comes from it.") var seed:
    UInt64?
  @Flag(help: "Show an incident number instead of the scenario's name.") var blind = false
  @Option(help: "What the nodes are: processes, or containers of Docker's.") var engine = EngineOption.process
  @Flag(help: "Replace a lab that is in the folder.") var force = false
  @Flag(name: .customLong("continue"), help: "Start the stopped lab in the folder again: your files, fresh data.")
  var goesOn = false
  @Flag(help: "Don't wait until the symptom shows: it may need users, and a while.") var unseen = false

  func validate() throws {
    guard goesOn != (id != nil) else {
      throw ValidationError(goesOn ? "--continue takes the lab as it is: name none" : "name a scenario")
    }
    guard !(goesOn && (force || blind || seed != nil)) else {
      throw ValidationError("--continue takes the lab as it is: leave --force, --blind and --seed away")
    }
  }

  func run() async throws {
    let installation = try Installation.find()
    let folder = lab.folder
    let scenario = try id.map { try Self.known($0, installation) } ?? folder.requireState().scenario
    let early = Interrupt { EmergencyStop.begin(nil) }
    defer { early.cancel() }
    try await Doctor.requireParts(for: goesOn ? folder.requireState().kind : engine.kind)
    RunDirectory.sweep()
    if let state = try folder.state(), RunDirectory(labID: state.id).isAlive {
      throw EngineError("the lab in \(folder.path) runs; `firedrill stop` ends it", code: .usage)
    }
    let launch = Launch(folder: folder, installation: installation)
    if goesOn {
      try launch.takeUp()
    } else {
      try launch.make(scenario, engine: engine.kind, seed: seed, blind: blind, force: force)
      if scenario != "base" { try Brief.write(to: folder) }
    }
    // Files that somebody has worked on may not show the symptom any more.
    try await launch.up(unseen: unseen || goesOn)
    if scenario == "base" { return Console.note("the healthy shop runs; there is nothing to repair") }
    Console.out(try String(contentsOfFile: folder.path + "/BRIEF.md", encoding: .utf8))
    Console.note(
      "\nNext: `firedrill status`, `firedrill hint`, `firedrill shell NODE`; when it is repaired `firedrill grade`."
    )
  }

  /// The scenario of that id, or an error with the nearest one.
  static func known(_ id: String, _ installation: Installation) throws -> String {
    let all = installation.scenarios
    if all.contains(id) || id == "base" { return id }
    throw EngineError(
      "unknown scenario \(id)\(Spelling.hint(for: id, among: all)); there are: \(all.joined(separator: ", "))",
      code: .usage)
  }
}

/// `EngineKind` as an option; a conformance of its own would be everybody's.
enum EngineOption: String, ExpressibleByArgument, CaseIterable {
  case process, compose

  var kind: EngineKind {
    switch self {
    case .process: .process
    case .compose: .compose
    }
  }
}

/// Starting the guardian of a lab and bringing its nodes up; an interrupt or a failure on the way stops everything.
struct Launch {
  let folder: LabFolder
  let installation: Installation

  /// Lays a fresh lab down in its folder.
  func make(
    _ scenario: String, engine: EngineKind = .process, seed: UInt64? = nil, blind: Bool = false, force: Bool = false
  ) throws {
    let id = Self.newID()
    let before = force ? try folder.state() : nil
    try EmergencyStop.whole {
      try folder.make(scenario: scenario, installation: installation, project: "firedrill-\(id)", force: force)
      try folder.save(
        LabFolder.State(
          id: id, scenario: scenario,
          seed: seed ?? UInt64.random(in: 0...999_999), blind: blind, engine: engine.rawValue,
          startedAt: Date().timeIntervalSince1970))
    }
    if let before { try BlindEvidence(labID: before.id).remove() }
  }

  /// Takes up the stopped lab of its folder as it is, under a new id.
  func takeUp() throws {
    var state = try folder.requireState()
    let before = state.id
    state.id = Self.newID()
    state.startedAt = Date().timeIntervalSince1970
    try folder.makeSecrets()
    try folder.save(state)
    BlindEvidence(labID: before).hand(to: state.id)
  }

  private static func newID() -> String { String(UInt32.random(in: 0...UInt32.max), radix: 16) }

  /// - Parameters:
  ///   - unseen: whether not to wait until the symptom shows.
  ///   - isHandedIn: whether the files are somebody's repair, see `Wire.Up`.
  func up(unseen: Bool = false, isHandedIn: Bool = false) async throws {
    let run = RunDirectory(labID: try folder.requireState().id)
    let interrupt = Interrupt { EmergencyStop.begin(run) }
    defer { interrupt.cancel() }
    let started = try await CommandRunner.run(
      [installation.firedrill, "guardian", folder.path], timeout: .seconds(40))
    guard started.status == 0 else {
      await LabEnd.end(run)
      guard started.status != 124 else {
        throw EngineError("the guardian was not there within 40 s", code: .missingPart)
      }
      throw EngineError(
        started.output.trimmingCharacters(in: .whitespacesAndNewlines),
        code: started.status == ExitStatus.unavailable ? .missingPart : .failed)
    }
    do {
      // The token is there once the controller answers; until then it is read anew.
      let client = try await Self.await(run)
      _ = try await client.perform(
        "up", Wire.Up(awaitsSymptom: !unseen, isHandedIn: isHandedIn), timeout: .seconds(300)
      ) {
        Console.note($0)
      }
    } catch {
      await EmergencyStop.yield()
      Console.note("the start failed; stopping what was started")
      if isHandedIn { await LabEnd.end(run) } else { try? await GuardianClient.connect(run).shutdown() }
      throw error
    }
  }

  private static func await(_ run: RunDirectory) async throws -> ControllerClient {
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
      do {
        let client = ControllerClient(run: run)
        _ = try await client.status()
        return client
      } catch {
        guard ContinuousClock.now < deadline else {
          let log = (try? String(contentsOfFile: run.controllerLog, encoding: .utf8)) ?? ""
          throw EngineError("the controller did not start within 10 s: \(error)\n\(log.suffix(2000))")
        }
        try await Task.sleep(for: .milliseconds(15))
      }
    }
  }
}
