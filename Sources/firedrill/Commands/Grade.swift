import ArgumentParser
import Controller
import DrillCore
import Engine
import Foundation
import Grading

/// The tiers that a grade can require.
enum RequiredTier: String, ExpressibleByArgument, CaseIterable {
  case mitigated, resolved, prevented

  var tier: Tier {
    switch self {
    case .mitigated: .mitigated
    case .resolved: .resolved
    case .prevented: .prevented
    }
  }
}

/// `grade`
struct Grade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Inject the fault again, watch the repaired lab under load, and judge.",
    discussion: "Exit codes: 0 passed, 1 failed, 3 inconclusive.")
  @OptionGroup var lab: LabOptions
  @Option(help: "The tier to be reached: mitigated, resolved or prevented.") var require = RequiredTier.resolved
  @Flag(help: "Say for each check what was expected and where the runbook helps.") var explain = false
  @Flag(help: "Print the verdict as JSON.") var json = false
  @Option(help: ArgumentHelp("Write JUnit XML too.", valueName: "file")) var junit: String?
  @Option(
    help: ArgumentHelp(
      """
      Where the evidence goes (default: lab/.evidence/TIME; of a blind lab outside of it, until `firedrill runbook \
      --reveal`).
      """, valueName: "dir"))
  var evidence: String?
  @Option(help: "Replay the grade of this seed; without it each grade draws its own.") var seed: UInt64?

  func run() async throws {
    let status = try await perform()
    if status != ExitStatus.passed { throw ExitCode(status) }
  }

  /// Grades, prints the report, and gives the exit code.
  func perform() async throws -> Int32 {
    let order = Wire.Grade(
      seed: seed, evidence: evidence.map { LabFolder(path: $0).path }, required: require.tier, explain: explain)
    let controller = try await lab.controller()
    let answer: Wire.GradeAnswer
    do {
      let result = try await controller.perform("grade", order, timeout: .seconds(900)) { Console.note($0) }
      answer = try JSONDecoder().decode(Wire.GradeAnswer.self, from: Data(result.utf8))
    } catch let failure as Wire.Failure {
      throw failure
    } catch {
      // A grade that broke off says nothing about the lab.
      throw Wire.Failure(code: ExitStatus.inconclusive, message: "inconclusive: the grade broke off: \(error)")
    }
    Console.out((json ? answer.verdict : answer.text).trimmingCharacters(in: .newlines))
    if let junit {
      do { try answer.junit.write(toFile: junit, atomically: true, encoding: .utf8) } catch {
        throw EngineError("cannot write \(junit): \(error)", code: .usage)
      }
    }
    return Self.status(of: answer.value)
  }

  static func status(of value: Verdict.Value) -> Int32 {
    switch value {
    case .passed: ExitStatus.passed
    case .failed: ExitStatus.failed
    case .inconclusive: ExitStatus.inconclusive
    }
  }
}

/// `regrade EVIDENCE`
struct Regrade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The same verdict again, from the evidence of a grade alone.",
    discussion: "Evidence that is incomplete or was changed gives exit code 3.")
  @Argument(help: "The evidence's folder.") var folder: String
  @Flag(help: "Print the verdict as JSON.") var json = false
  @Flag(help: "Say for each check what was expected and where the runbook helps.") var explain = false
  @OptionGroup var output: OutputOptions

  func run() async throws {
    output.apply()
    try Evidence(folder: folder).requirePresence()
    let verdict: Verdict
    let required: Tier
    do {
      verdict = try regrade(folder)
      required = try Evidence(folder: folder).record().required
    } catch {
      throw Wire.Failure(code: ExitStatus.inconclusive, message: "inconclusive: \(error)")
    }
    if json {
      Console.out(verdict.json.trimmingCharacters(in: .newlines))
    } else {
      Console.out(
        TextReport.text(verdict, required: required, explain: explain).trimmingCharacters(in: .newlines))
    }
    let status = Grade.status(of: verdict.verdict)
    if status != ExitStatus.passed { throw ExitCode(status) }
  }
}
