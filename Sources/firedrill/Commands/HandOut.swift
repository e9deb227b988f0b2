import ArgumentParser
import Controller
import DrillCore
import Engine
import Foundation
import Grading

/// `hand-out ID`
struct HandOut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a lab for people who have Docker Compose and no Firedrill; start nothing.",
    discussion: """
      DIR gets the lab in DIR/lab, where `docker compose up` is the shop, and beside it the grader: `docker compose -f \
      grader.yaml run --rm grader grade` in DIR judges the lab's files, and hint, brief and runbook help. It takes the \
      images of `make images`.
      """)
  @Argument(help: "A scenario; `firedrill list` names them.") var id: String
  @Option(name: .customLong("to"), help: ArgumentHelp("A new folder (default: the scenario's name).", valueName: "dir"))
  var target: String?
  @OptionGroup var output: OutputOptions

  func run() async throws {
    output.apply()
    let installation = try Installation.find()
    let scenario = try Start.known(id, installation)
    guard scenario != "base" else { throw EngineError("base has no failure to repair", code: .usage) }
    let folder = LabFolder(path: target ?? scenario).path
    let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard present.isEmpty else { throw EngineError("\(folder) is not empty: name another", code: .usage) }
    let lab = LabFolder(path: folder + "/lab")
    try Launch(folder: lab, installation: installation).make(scenario, engine: .compose)
    try Brief.write(to: lab)
    try lab.writeOverride(LabTopology.read(lab, scenario: scenario, installation: installation))
    try FileManager.default.copyItem(atPath: installation.graderCompose, toPath: folder + "/grader.yaml")
    try "FIREDRILL_SCENARIO=\(scenario)\n".write(toFile: folder + "/.env", atomically: true, encoding: .utf8)
    if try !ScenarioFile.load(installation.scenario(scenario) + "/scenario.yaml").start.damage.isEmpty {
      Console.note("Nothing is broken in these files: what \(scenario) begins with only `firedrill start` does.")
    }
    Console.out(folder)
    Console.note(
      "\nNext: `docker compose up` in lab; `docker compose -f grader.yaml run --rm grader grade` beside it.")
  }
}
