import DrillCore
public import Engine
import Foundation
import Grading
import Topology

/// Everything that can be asked of a running lab; one long operation at a time.
public actor LabController {
  /// One line of progress, for people.
  public typealias Report = @Sendable (String) -> Void

  let lab: LabFolder
  let state: LabFolder.State
  let installation: Installation
  let engine: LabEngine
  let changes: ChangeLog
  private(set) var busy: String?
  private var standing: StandingFaults?

  /// Takes charge of a lab whose guardian is at the other end of the engine.
  public init(lab: LabFolder, installation: Installation, engine: LabEngine) throws {
    self.lab = lab
    self.state = try lab.requireState()
    self.installation = installation
    self.engine = engine
    changes = ChangeLog(path: lab.changeLog)
  }

  private static let preflightPatience = Duration.seconds(10)

  /// What is short and nobody's business: others wait for it.
  static let checking = "check"

  /// Runs a long operation unless another one is under way.
  public func exclusively<Result: Sendable>(
    _ name: String, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    let deadline = ContinuousClock.now + .seconds(60)
    while busy == Self.checking, name != Self.checking, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    if let busy { throw EngineError("a \(busy) is under way; wait for it", code: .busy) }
    busy = name
    defer { busy = nil }
    return try await body()
  }

  /// Whether a long operation is under way.
  private var isBusy: Bool { busy != nil }

  // MARK: Nodes

  /// What can be done to a node.
  public enum Action: String, Sendable, CaseIterable {
    case start, stop, kill, restart, pause, resume
  }

  /// Does it, and writes it into the change log.
  public func act(_ action: Action, on node: String) async throws {
    switch action {
    case .start: try await engine.start(node)
    case .stop: try await engine.stop(node)
    case .kill: try await engine.kill(node)
    case .restart: try await engine.restart(resolve(node))
    case .pause: try await engine.pause(node)
    case .resume: try await engine.resume(node)
    }
    changes.add("\(action.rawValue) \(node)")
  }

  /// A service's name stands for all its instances.
  private func resolve(_ name: String) async -> [String] {
    let instances = await engine.appliedTopology().instances(of: name)
    return instances.isEmpty ? [name] : instances
  }

  /// Runs another number of instances of a service.
  public func scale(_ service: String, to count: Int) async throws {
    try await engine.scale(service, to: count)
    changes.add("scale \(service)=\(count)")
  }

  // MARK: Deploying

  /// The lab's topology as its files say now, with the judge's.
  func readTopology() throws -> Topology {
    try LabTopology.read(lab, scenario: state.scenario, installation: installation)
  }

  /// Starts the lab: healthy first, then the change that breaks it; returns when the symptom shows, or at once where
  /// nobody waits for it.
  ///
  /// The lab `base` has no scenario: it stays healthy.
  public func up(_ order: Wire.Up, report: @escaping Report) async throws {
    let file = installation.scenario(state.scenario) + "/scenario.yaml"
    let scenario = FileManager.default.fileExists(atPath: file) ? try ScenarioFile.load(file) : nil
    var topology = try readTopology()
    for warning in topology.warnings { report("warning: \(warning)") }
    for index in topology.services.indices {
      guard let count = scenario?.start.baseline[topology.services[index].name] else { continue }
      topology.services[index].replicas = count
    }
    let begun = ContinuousClock.now
    // Of a lab that is taken up again the first start counts: what a post-mortem tells began there.
    let isContinued = !order.awaitsSymptom && Baseline.of(lab) != nil
    try prepareSecrets(topology)
    try lab.writeOverride(topology)
    DeployedFiles.now(in: lab).save(to: lab)
    do {
      try await engine.up(topology)
      try await requireHealth(of: topology)
    } catch let error as EngineError where (order.isHandedIn || isContinued) && error.code == .failed {
      throw Wire.Failure(code: ExitStatus.failed, message: error.description)
    }
    if order.isHandedIn { try await askGates(about: topology, report: report) }
    let healthy = ContinuousClock.now - begun
    var baseline = Baseline.measure(await engine.nodes())
    baseline.healthySeconds = healthy / .seconds(1)
    report("\(baseline.nodes) nodes are healthy after \(Self.seconds(healthy))")
    changes.add(isContinued ? Timeline.continuation : Timeline.beginning)
    if let scenario {
      baseline.faultSeconds = (ContinuousClock.now - begun) / .seconds(1)
      try await breakIt(scenario, damages: !order.isHandedIn, isAgain: isContinued)
      if order.awaitsSymptom {
        let symptom = try await symptom(of: scenario)
        baseline.symptomSeconds = (ContinuousClock.now - begun) / .seconds(1)
        report("the symptom shows after \(Self.seconds(ContinuousClock.now - begun)): \(symptom)")
      }
    }
    if !isContinued { try baseline.save(to: lab) }
  }

  private func requireHealth(of topology: Topology) async throws {
    let sick = try await engine.waitHealthy(Set(topology.services.map(\.name)), timeout: .seconds(30))
    if let failure = Self.failure(of: sick, logs: lab.logs) { throw failure }
  }

  /// That a lab did not get healthy; nil for no sick node. Its files or a machine that is too slow are the cause: the
  /// start has failed, and is no bug.
  static func failure(of sick: [NodeStatus], logs: String) -> Wire.Failure? {
    guard !sick.isEmpty else { return nil }
    let names = sick.prefix(5).map { "\($0.name) is \($0.state.rawValue)\($0.exit.map { " (\($0))" } ?? "")" }
    return Wire.Failure(
      code: ExitStatus.failed,
      message: "the healthy lab did not get healthy: \(names.joined(separator: ", ")); see \(logs)")
  }

  /// The change that breaks the lab, and what a trainee finds damaged.
  ///
  /// - Parameter isAgain: that change was written down once, and is nobody's who works on the lab.
  private func breakIt(_ scenario: Scenario, damages: Bool, isAgain: Bool) async throws {
    for (service, count) in scenario.start.change.sorted(by: { $0.key < $1.key }) {
      try await engine.scale(service, to: count)
      if !isAgain { changes.add("scale \(service)=\(count)") }
    }
    if damages { try await Damage(engine: engine).draw(from: scenario.start.damage, seed: state.seed) }
    standing = StandingFaults(scenario.start.standing, seed: state.seed)
    try await standing?.keep(on: engine) { [weak self] in await self?.isBusy ?? true }
  }

  /// Waits until it shows that the lab is broken; returns what shows it.
  private func symptom(of scenario: Scenario) async throws -> String {
    switch scenario.start.symptom {
    case .refusals(let plan): return try await Refusals(plan).wait(on: engine)
    case .shows(let plan): return try await shows(plan, of: scenario)
    }
  }

  /// A controller that takes over from another looks after the standing faults of a lab that is up.
  public func takeOver() async {
    let file = installation.scenario(state.scenario) + "/scenario.yaml"
    guard Baseline.of(lab) != nil, let scenario = try? ScenarioFile.load(file) else { return }
    standing = StandingFaults(scenario.start.standing, seed: state.seed)
    try? await standing?.keep(on: engine) { [weak self] in await self?.isBusy ?? true }
  }

  /// Repeats the scenario's short trial until its check says what it should.
  private func shows(_ plan: ShowsPlan, of scenario: Scenario) async throws -> String {
    let deadline = ContinuousClock.now + plan.within
    var turn: UInt64 = 0
    while true {
      let trial = SymptomTrial(
        engine: engine, scenario: scenario, topology: await engine.appliedTopology(),
        seed: state.seed &+ turn)
      let finding = try await trial.run(plan)
      if finding.status == .violated, finding.reason == plan.reason { return finding.observed }
      turn += 1
      guard ContinuousClock.now < deadline else {
        throw Wire.Failure(
          code: ExitStatus.failed, message: "the symptom did not show within \(plan.within): \(finding.observed)")
      }
    }
  }

  /// Deploys what changed in the lab folder, after its preflight has agreed.
  public func apply(report: @escaping Report) async throws -> [String] {
    let topology = try readTopology()
    for warning in topology.warnings { report("warning: \(warning)") }
    try await askGates(about: topology, report: report)
    try prepareSecrets(topology)
    try lab.writeOverride(topology)
    let (before, files) = (await engine.appliedTopology(), DeployedFiles.now(in: lab))
    let changed = DeployedFiles.last(of: lab)?.differing(in: files) ?? []
    let done = try await engine.apply(topology, report: report)
    files.save(to: lab)
    DeployChange.text(files: changed, from: before, to: topology, done: done).map { changes.add($0) }
    if done.isEmpty { report("no service has changed since the last deploy; alert rules are taken over when saved") }
    try await requireStart(of: done)
    return done
  }

  /// Whether these files may be deployed: valid rules, and the lab's own preflight where it has one.
  private func askGates(about topology: Topology, report: Report) async throws {
    if let problem = try await AlertRules(lab: lab).problem() {
      throw EngineError("the alert rules are not valid; nothing was changed:\n\(problem)", code: .usage)
    }
    guard FileManager.default.fileExists(atPath: lab.path + "/preflight") else { return }
    let answer = try await engine.preflight(topology, timeout: Self.preflightPatience)
    // Its own words never stand at the beginning of a line, where a CI system may read orders.
    for line in answer.output.split(whereSeparator: \.isNewline) { report("preflight: \(line)") }
    guard answer.status != 0 else { return }
    let how = answer.status == 124 ? "did not end within \(Self.preflightPatience)" : "exit \(answer.status)"
    throw EngineError("the lab's preflight refused the deploy (\(how)); nothing was changed", code: .usage)
  }

  /// A deploy after which something that it touched does not come up is done, and has failed.
  private func requireStart(of done: [String]) async throws {
    let touched = Set(done.compactMap { $0.split(separator: ":").first.map(String.init) })
    let failed = await engine.nodes().filter { touched.contains($0.service) && $0.state == .failed }
    guard let first = failed.first else { return }
    let names = failed.prefix(5).map { "\($0.name)\($0.exit.map { " (\($0))" } ?? "")" }.joined(separator: ", ")
    let log = (try? String(contentsOfFile: "\(lab.logs)/\(first.name).log", encoding: .utf8)) ?? ""
    let last = log.split(whereSeparator: \.isNewline).last.map { "\n\(first.name): \($0.prefix(500))" } ?? ""
    throw Wire.Failure(
      code: ExitStatus.failed,
      message: "deployed, but does not run: \(names); see `firedrill logs \(first.name)`\(last)")
  }

  /// The judge's secrets, and the operators' password file for psql.
  private func prepareSecrets(_ topology: Topology) throws {
    try engine.makeJudgeSecrets(topology)
    let roles = ["postgres": "postgres", "inventory-db": "inventory", "orders-db": "orders", "payments-db": "payments"]
    let lines = roles.sorted { $0.key < $1.key }.compactMap { name, role in
      (try? engine.secret(name + "-password")).map { "*:*:*:\(role):\($0)\n" }
    }
    let path = lab.stateFolder + "/pgpass"
    unlink(path)
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(lines.joined().utf8), attributes: [.posixPermissions: 0o600])
    else { throw EngineError("cannot write \(path)") }
  }

  static func seconds(_ duration: Duration) -> String {
    (duration / .seconds(1)).formatted(.number.precision(.fractionLength(1))) + " s"
  }
}
