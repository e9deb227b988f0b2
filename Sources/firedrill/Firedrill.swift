import ArgumentParser
import Controller
import Engine
import Foundation

/// The console.
struct Firedrill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "firedrill",
    abstract: "A small shop that breaks in documented ways, so that you can practise repairing it.",
    discussion: """
      `firedrill demo` shows the whole round: break, fail the grade, follow the runbook, pass the grade.
      Exit codes: 0 passed or done, 1 failed, 3 inconclusive, 64 usage, refused or busy, 69 a needed part is missing, \
      70 something else went wrong, here or on the machine, 130 interrupted.
      """,
    version: Release.version,
    groupedSubcommands: [
      CommandGroup(
        name: "Begin and end",
        subcommands: [
          Doctor.self, Demo.self, List.self, Start.self, Stop.self, HandOut.self,
        ]),
      CommandGroup(name: "Read", subcommands: [Status.self, Brief.self, Hint.self, RunbookCommand.self, Changes.self]),
      CommandGroup(
        name: "Look", subcommands: [Logs.self, Psql.self, RedisCLI.self, Shell.self, Top.self, LoadCommand.self]),
      CommandGroup(
        name: "Change",
        subcommands: [
          Apply.self, Restart.self, StopNode.self, StartNode.self, Pause.self, Resume.self, Scale.self, Reset.self,
          Diff.self, Export.self, Chaos.self,
        ]),
      CommandGroup(
        name: "Judge",
        subcommands: [
          Grade.self, Watch.self, PostMortemCommand.self, Regrade.self, Verify.self, Certify.self,
        ]),
    ])

  /// Parses and runs, with this tool's exit codes for every kind of error.
  static func runMain(_ arguments: [String]) async {
    do {
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      await EmergencyStop.yield()
    } catch {
      await EmergencyStop.yield()
      fail(error)
    }
  }

  private static func fail(_ error: any Error) -> Never {
    switch error {
    case let error as EngineError:
      Console.error(error.description)
      Foundation.exit(exitStatus(of: error))
    case let failure as Wire.Failure:
      Console.error(failure.message)
      Foundation.exit(failure.code)
    case is CancellationError: Foundation.exit(ExitStatus.interrupted)
    case is ExitCode, is CleanExit, is ValidationError: exit(withError: error)
    default:
      // The parser's own errors are wrong words; whatever else comes here was not foreseen.
      guard exitCode(for: error) == .failure else { exit(withError: error) }
      Console.error("\(error)")
      Foundation.exit(ExitStatus.software)
    }
  }

  private static func exitStatus(of error: EngineError) -> Int32 {
    switch error.code {
    case .usage, .busy: ExitStatus.usage
    case .missingPart: ExitStatus.unavailable
    case .failed: ExitStatus.software
    }
  }
}
