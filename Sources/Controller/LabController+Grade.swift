import DrillCore
import Engine
import Foundation
import Grading
import Load
import Topology

/// Judging, and users on demand.
extension LabController {
  /// Grades the lab as it runs; the answer is a `Wire.GradeAnswer` as JSON.
  ///
  /// Trouble of the grader's own is inconclusive, never passed and never failed.
  public func grade(_ order: Wire.Grade, report: @escaping Report) async throws -> String {
    let path = installation.scenario(state.scenario) + "/scenario.yaml"
    guard let text = FileManager.default.contents(atPath: path) else {
      throw EngineError("the lab \(state.scenario) has no failure to be graded", code: .usage)
    }
    let scenario = try ScenarioFile.load(path)
    let home = state.blind ? BlindEvidence(labID: state.id).folder : lab.evidence
    let folder = order.evidence ?? "\(home)/\(Self.stamp())"
    let options = GradeOptions(
      seed: order.seed, required: order.required, engineName: state.engine, evidence: folder,
      topology: await engine.appliedTopology(), pristine: lab.pristine, blindName: state.blind ? state.shownName : nil)
    let warnings = try await unjudged()
    for line in warnings { report(line) }
    let grader = Grader(
      engine: engine, scenario: scenario, scenarioText: text, options: options, progress: report)
    do {
      let verdict = try await grader.run()
      for line in warnings { report(line) }
      changes.add("grade: \(verdict.verdict.rawValue), tier \(verdict.tier.rawValue)", .grade, evidence: folder)
      let answer = Wire.GradeAnswer(
        value: verdict.verdict, verdict: verdict.json,
        text: TextReport.text(verdict, required: order.required, explain: order.explain),
        junit: JUnitReport.xml([ReportedGrade(verdict, required: order.required)]))
      return String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
    } catch {
      throw Wire.Failure(code: ExitStatus.inconclusive, message: "inconclusive: \(error)")
    }
  }

  /// What is written in the lab's folder and does not run, and so is not judged: a line each.
  private func unjudged() async throws -> [String] {
    var lines: [String] = []
    do {
      let services = try await engine.undeployed(try readTopology())
      if !services.isEmpty {
        lines.append(
          "warning: not deployed, and so not judged: what has changed for \(services.joined(separator: ", ")); "
            + "`firedrill apply` deploys it")
      }
    } catch {
      lines.append("warning: not deployed, and so not judged: \(error)")
    }
    if let problem = try await AlertRules(lab: lab).problem() {
      lines.append("warning: the alert rules are not valid, and Prometheus keeps the last valid ones:\n\(problem)")
    }
    return lines
  }

  /// Sends users to the shop for a while; the answer is a `LoadAnswer` as JSON.
  ///
  /// What users want comes from the lab's seed, so that who looks finds the same products in demand at the next load.
  /// When they come, who they are and their idempotency keys are drawn anew: a key of yesterday would order nothing.
  public func load(_ order: Wire.Load, report: @escaping Report) async throws -> String {
    let path = installation.scenario(state.scenario) + "/scenario.yaml"
    guard FileManager.default.fileExists(atPath: path) else {
      throw EngineError("the lab \(state.scenario) has no users", code: .usage)
    }
    var plan = try ScenarioFile.load(path).load
    plan.rate = order.rate ?? plan.rate
    guard plan.rate > 0, plan.rate <= 5000, order.seconds > 0, order.seconds <= 3600 else {
      throw EngineError("rate: more than 0, at most 5000 a second; seconds: more than 0, at most 3600", code: .usage)
    }
    guard let gateway = await engine.nodes().first(where: { $0.service == "gateway" && $0.isUp }) else {
      throw EngineError("no gateway runs", code: .usage)
    }
    let hot = Schedule.hotProducts(of: plan, seed: state.seed)
    let users = Schedule.users(
      plan, length: .seconds(order.seconds), seed: .random(in: 0...UInt64.max), popularity: state.seed, name: "load")
    let stream = Stream(
      name: "users", phase: "load", schedule: users, base: "http://\(gateway.address):8080", patience: plan.patience,
      inFlight: plan.inFlight, users: plan.users, echo: plan.echo)
    report("\(plan.rate.formatted()) requests a second for \(order.seconds) s")
    LoadAnswer.line(hot: hot).map(report)
    changes.add("load: \(plan.rate.formatted()) requests a second for \(order.seconds.formatted()) s", .look)
    let recorder = HistoryRecorder()
    let result = try await LoadClient.with { client in await stream.run(with: client, recorder: recorder) }
    let answer = LoadAnswer(
      rate: plan.rate, seconds: order.seconds, hot: hot, report: result,
      requests: recorder.history.requests(stream: stream.name))
    return String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
  }

  /// The console's exit code for an error that is not ours.
  static func exitStatus(of error: any Error) -> Int32 {
    error is ProblemsError ? ExitStatus.usage : ExitStatus.software
  }

  /// The time as `20261121-101500`, in UTC.
  private static func stamp() -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    return formatter.string(from: Date())
  }
}
