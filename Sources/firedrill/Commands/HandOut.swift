import ArgumentParser
import Controller
import DrillCore
import Engine
import Foundation
import Grading
import Topology

/// `hand-out ID`
struct HandOut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a lab for people who have Docker Compose and no Firedrill; start nothing.",
    discussion: """
      DIR gets the lab in DIR/lab, where `docker compose up` is the shop, and beside it the grader: `docker compose -f \
      grader.yaml run --rm grader grade` in DIR judges the lab's files, and hint, brief and runbook help. It takes the \
      images of `make images`, or of the file that `make prefetch` packs.
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
    let topology = try LabTopology.read(lab, scenario: scenario, installation: installation)
    try Brief.write(to: lab, more: Self.exercise(topology))
    try lab.writeOverride(topology)
    try FileManager.default.copyItem(atPath: installation.graderCompose, toPath: folder + "/grader.yaml")
    try "FIREDRILL_SCENARIO=\(scenario)\n".write(toFile: folder + "/.env", atomically: true, encoding: .utf8)
    if try !ScenarioFile.load(installation.scenario(scenario) + "/scenario.yaml").start.damage.isEmpty {
      Console.note("Nothing is broken in these files: what \(scenario) begins with only `firedrill start` does.")
    }
    Console.out(folder)
    Console.note(
      "\nNext: `docker compose up` in lab; `docker compose -f grader.yaml run --rm grader grade` beside it.")
  }

  /// What takes the place of the commands in the brief: whoever reads it here has no Firedrill.
  private static func exercise(_ topology: Topology) -> String {
    let databases = topology.services.filter { service in
      !service.judge && service.commandLine.contains { $0.hasPrefix("/lab/bin/postgres-") }
    }
    let (first, names) = (databases.first?.name ?? "postgres", databases.map { "`\($0.name)`" })
    return """

      ## In this exercise

      The shop runs in containers, without `firedrill`. Where `docker compose` is unknown, as with Debian 12's own
      packages, it is called `docker-compose`. In this folder:

      - Start it, and deploy what you changed (`firedrill apply`): `docker compose up --detach --force-recreate`.
        Databases keep their data; `docker compose down --volumes` before it begins them anew, from the files in `sql/`.
      - What runs (`firedrill status`): `docker compose ps`. A log (`firedrill logs`): `docker compose logs --follow X`.
      - `firedrill psql`: `docker compose exec \(first) psql -h /tmp -U postgres`; Postgres runs on
        \(names.joined(separator: ", ")).
      - `firedrill redis-cli`: `docker compose exec redis sh -c 'REDISCLI_AUTH=$(cat /run/secrets/redis-password)
        redis-cli -h redis'`, in one line.
      - The shop is `http://127.0.0.1:8080` for you, where a brief says `http://gateway:8080` and `firedrill shell`.
        Names of other nodes resolve inside containers alone: `docker compose exec X sh`.
      - Nobody uses the shop but you: users, and what breaks it (`firedrill load`, `firedrill chaos`), come only with
        the grade, which begins a lab of its own from these files. What you do to running containers does not count.
      - In the folder above this one: `docker compose -f grader.yaml run --rm grader grade`; also `hint` and `runbook`.

      """
  }
}
