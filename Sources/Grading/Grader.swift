public import DrillCore
public import Engine
import Load
import Probes
import Topology

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif
#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Tries a scenario on a running lab, with a fresh seed, and says what follows.
///
/// Trials run in the scenario's order; the first one that isn't met ends the grade. Whatever was done to the lab is
/// undone before `run` returns, also when it throws or is cancelled.
public struct Grader: Sendable {
  private let engine: any Engine
  private let scenario: Scenario
  private let scenarioText: Data
  private let options: GradeOptions
  private let progress: @Sendable (String) -> Void

  /// A grader.
  ///
  /// - Parameters:
  ///   - scenarioText: the bytes of the scenario's file, kept with the evidence.
  ///   - progress: gets a line for people whenever something begins or is known.
  public init(
    engine: any Engine, scenario: Scenario, scenarioText: Data, options: GradeOptions,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.engine = engine
    self.scenario = scenario
    self.scenarioText = scenarioText
    self.options = options
    self.progress = progress
  }

  /// Runs the trials, writes the evidence, gives the verdict.
  ///
  /// - Throws: `CancellationError`; `Evidence.Broken` or `RecorderError` when the evidence can't be written. Trouble of
  ///   the engine's or of a probe's is no error: it makes the verdict inconclusive.
  public func run() async throws -> Verdict {
    let evidence = Evidence(folder: options.evidence)
    try evidence.create()
    Self.raiseFileLimit()
    let record = GradeRecord(
      scenario: options.blindName ?? scenario.id, seed: options.effectiveSeed, engine: options.engineName,
      required: options.required, evidence: options.evidenceLabel, startedAt: Date().timeIntervalSince1970,
      blind: options.blindName != nil)
    let recorder = try HistoryRecorder(path: evidence.path("history.jsonl"))
    recorder.record(.note(NoteEvent(text: "\(record.scenario), seed \(record.seed)")))
    try await LoadClient.with { load in
      try await HTTPProbe.with { http in
        let context = TrialContext(
          engine: engine, scenario: scenario, topology: options.topology, seed: record.seed, recorder: recorder,
          load: load, http: http, memory: GradeMemory(), progress: progress, isBlind: options.blindName != nil)
        try await tryAll(context)
      }
    }
    try recorder.flush()
    let verdict = Judgement.verdict(scenario, recorder.history, record)
    try write(verdict, record, recorder.history, to: evidence)
    return verdict
  }

  private func tryAll(_ context: TrialContext) async throws {
    let begin = ContinuousClock.now
    for trial in scenario.trials {
      guard ContinuousClock.now - begin < scenario.timeBudget else {
        progress("\(trial.name): not tried, the time of the grade is over")
        break
      }
      // Whoever demands prevention gets to hear what is missing.
      if trial.needsPrevention, options.required < .prevented,
        !Prevention.differs(lab: engine.labDirectory, pristine: options.pristine)
      {
        let what = trial.asksForPreflight ? "alert rules and preflight" : "alert rules"
        progress("\(trial.name): not tried, \(what) are as they were")
        continue
      }
      progress("trial \(trial.name)")
      try await attempt(trial, context)
      let results = Judgement.results(scenario, context.recorder.history, trial: trial.name)
      guard results.allSatisfy({ $0.finding.status == .met }) else {
        let bad = results.filter { $0.finding.status != .met }
        progress("trial \(trial.name): \(bad.map { $0.finding.reason ?? $0.id }.joined(separator: ", "))")
        break
      }
      progress("trial \(trial.name): met")
    }
  }

  private func attempt(_ trial: TrialPlan, _ context: TrialContext) async throws {
    let recorder = context.recorder
    recorder.record(.phase(PhaseEvent(name: trial.name, mark: .begin)))
    var reason: String?
    do {
      for step in trial.steps {
        try Task.checkCancellation()
        guard try await perform(step, trial: trial.name, context) else {
          reason = "what follows would say nothing new"
          break
        }
      }
    } catch {
      reason = "\(error)"
      recorder.record(.note(NoteEvent(text: "trial \(trial.name) ended: \(error)")))
      progress("trial \(trial.name) ended: \(error)")
    }
    await context.clearFaults()
    // Whatever load there was, also in a trial that broke off: what was acknowledged must be there now.
    if !Task.isCancelled { await context.lookAfter(trial: trial.name) }
    recorder.record(.phase(PhaseEvent(name: trial.name, mark: .end, reason: reason)))
    try Task.checkCancellation()
  }

  /// - Returns: whether the trial goes on.
  private func perform(_ step: Step, trial: String, _ context: TrialContext) async throws -> Bool {
    if step.isDisruptive, let reason = violation(of: trial, context) {
      // A restart would let settings take effect that the trainee only wrote down: a failed lab is left as it is.
      context.recorder.record(.note(NoteEvent(text: "the rest of \(trial) is not tried: \(reason)")))
      return false
    }
    return try await context.perform(step, trial: trial)
  }

  /// What is known to be wrong already, if anything.
  private func violation(of trial: String, _ context: TrialContext) -> String? {
    Judgement.results(scenario, context.recorder.history, trial: trial)
      .first { $0.finding.status == .violated }.map { $0.finding.reason ?? $0.id }
  }

  private func write(
    _ verdict: Verdict, _ record: GradeRecord, _ history: History, to evidence: Evidence
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try evidence.write(try encoder.encode(record), to: "grade.json")
    try evidence.write(scenarioText, to: "scenario.yaml")
    try evidence.write(try options.topology.json(), to: "topology.json")
    try evidence.write(Data(verdict.json.utf8), to: "verdict.json")
    try evidence.write(Data(TextReport.text(verdict, required: record.required).utf8), to: "summary.txt")
    try evidence.seal()
    // They can be drawn again from the history, and so are no part of what is sealed.
    for (name, picture) in zip(Evidence.pictures, [GradePicture.latency(history), GradePicture.errors(history)]) {
      try evidence.write(Data(picture.utf8), to: name)
    }
  }

  /// Hundreds of instances and a few thousand held connections need more files than a shell's usual limit.
  private static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

extension TrialPlan {
  /// Whether the lab's preflight is tried in it.
  fileprivate var asksForPreflight: Bool {
    steps.contains { step in
      switch step {
      case .preflight, .gate: true
      default: false
      }
    }
  }
}

extension Step {
  /// Whether this stops or kills what serves: only worth it in a lab that has met the trial so far.
  fileprivate var isDisruptive: Bool {
    switch self {
    case .alone, .crash: true
    default: false
    }
  }
}
