import CPlatform
import Foundation

/// Nodes as containers of a Docker engine: each start makes a new container, each end removes it.
final class ContainerHost: NodeHost {
  /// Docker does not get quicker by being asked for more at a time.
  private static let mostStarts = 6

  private let calls: DockerCalls
  private let names: ContainerNames
  private let hosts: String
  private var queue: [() -> Void] = []
  private var starts = 0
  /// Only this process has it; what reads the other end removes all containers when it is closed.
  private let lifeline: Int32

  /// Makes the lab's network, and what ends every container if this process is killed.
  ///
  /// - Parameter keeper: the command line of a process that calls `ContainerRemoval.whenClosed`.
  init(run: RunDirectory, calls: DockerCalls = DockerCalls(), keeper: [String]) throws {
    self.calls = calls
    names = ContainerNames(run: run)
    hosts = run.hostsFile
    try calls.socket.write(toFile: run.dockerSocketFile, atomically: true, encoding: .utf8)
    lifeline = try Self.startKeeper(keeper, log: run.guardianLog)
  }

  private static func startKeeper(_ command: [String], log path: String) throws -> Int32 {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw EngineError.system("pipe") }
    defer { Glibc.close(ends[0]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let log = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else { throw EngineError.system("cannot open \(path)") }
    defer { Glibc.close(log) }
    let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    _ = try NodeLauncher.launchChild(command, environment: environment, channel: ends[0], log: log, outlives: true)
    return ends[1]
  }

  /// Takes a block of addresses that nobody on this machine uses, and makes the network of it: 172.B.0.0/16.
  ///
  /// - Returns: B, and a descriptor that keeps other labs away from it.
  func takeNetwork() throws -> Int {
    var reason = "all are in use"
    // From the top: Docker takes its own from the bottom.
    for block in (18..<32).reversed() where !NetworkRoutes.use("172.\(block).0.0") {
      guard firedrill_take_name("firedrill-block-\(block)") >= 0 else { continue }
      let made = try calls.perform(
        "POST", "/networks/create",
        body: [
          "Name": names.network, "Driver": "bridge", "CheckDuplicate": true,
          "Labels": [ContainerNames.runLabel: names.run],
          "IPAM": ["Config": [["Subnet": "172.\(block).0.0/16", "Gateway": "172.\(block).255.254"]]],
        ])
      if made.isSuccess { return block }
      reason = made.complaint
      guard reason.contains("overlap") else { break }
    }
    throw EngineError("no network for the lab: \(reason)", code: .missingPart)
  }

  // MARK: NodeHost

  var polled: [pollfd] { calls.polled }
  var nextDeadline: Double? { calls.nextDeadline }
  func serve(_ descriptor: Int32) { calls.serve(descriptor) }
  func fireTimers() { calls.expire() }

  func close() {
    _ = try? calls.perform("DELETE", "/networks/\(names.network)", patience: 5)
    Glibc.close(lifeline)
  }

  func launch(_ spec: SpawnSpec, report: @escaping (NodeEvent) -> Void) {
    var isStarting = true
    queue.append { [self] in
      begin(spec) { [self] event in
        report(event)
        guard isStarting else { return }
        isStarting = false
        starts -= 1
        next()
      }
    }
    next()
  }

  private func next() {
    guard starts < Self.mostStarts, !queue.isEmpty else { return }
    starts += 1
    queue.removeFirst()()
  }

  // MARK: The life of a container

  private func begin(_ spec: SpawnSpec, report: @escaping (NodeEvent) -> Void) {
    do {
      guard let container = spec.container else { throw EngineError("\(spec.node) has no image") }
      try NodeLog.open(spec.log, owner: spec.user)
      let request = ContainerRequest(spec: spec, container: container, names: names, hosts: hosts)
      create(request, isFirst: true, report: report)
    } catch let error as EngineError { report(.failed(error)) } catch { report(.failed(EngineError("\(error)"))) }
  }

  private func create(_ request: ContainerRequest, isFirst: Bool, report: @escaping (NodeEvent) -> Void) {
    let name = names.container(request.spec.node)
    calls.start("POST", "/containers/create?name=\(name)", body: request.body) { [self] result in
      // One that was not removed in time is in the way.
      if case .success(let answer) = result, answer.status == 409, isFirst {
        return remove(name) { [self] in create(request, isFirst: false, report: report) }
      }
      guard Self.holds(result, "make", request.spec.node, report) else { return }
      start(request, report: report)
    }
  }

  private func start(_ request: ContainerRequest, report: @escaping (NodeEvent) -> Void) {
    let node = request.spec.node
    let name = names.container(node)
    calls.start("POST", "/containers/\(name)/start") { [self] result in
      if Self.isSuccess(result) { return look(node, report: report) }
      remove(name) { [self] in
        let words = Self.words(result)
        let isTaken = words.contains("already allocated") || words.contains("address already in use")
        guard isTaken, !request.container.ports.isEmpty else {
          _ = Self.holds(result, "start", node, report)
          return
        }
        // Another lab has them. Whoever judges goes by the node's own address.
        FileHandle.standardError.write(Data("\(node) has no port of this machine: \(words)\n".utf8))
        var alone = request
        alone.container.ports = []
        create(alone, isFirst: false, report: report)
      }
    }
  }

  private struct Inspection: Decodable {
    struct State: Decodable { var Pid: Int32 }
    var State: State
  }

  private func look(_ node: String, report: @escaping (NodeEvent) -> Void) {
    let name = names.container(node)
    calls.start("GET", "/containers/\(name)/json") { [self] result in
      guard case .success(let answer) = result, answer.isSuccess,
        let state = try? JSONDecoder().decode(Inspection.self, from: answer.body).State
      else { return remove(name) { report(.failed(EngineError("cannot look at \(node): \(Self.words(result))"))) } }
      // Zero: it has ended already.
      if state.Pid > 0 { report(.started(pid: state.Pid)) }
      awaitEnd(node, report: report)
    }
  }

  private struct Wait: Decodable { var StatusCode: Int }

  private func awaitEnd(_ node: String, report: @escaping (NodeEvent) -> Void) {
    let name = names.container(node)
    calls.start("POST", "/containers/\(name)/wait", patience: .infinity) { [self] result in
      let code = (try? result.get()).flatMap { try? JSONDecoder().decode(Wait.self, from: $0.body).StatusCode }
      // Its name and address are free again when it is gone, not before.
      remove(name) {
        // Docker tells both as numbers, as shells do.
        let exit = code.map { $0 > 128 && $0 < 160 ? "signal \($0 - 128)" : "exit \($0)" }
        report(.ended(exit: exit ?? "lost: \(Self.words(result))", failed: code != 0))
      }
    }
  }

  private func remove(_ container: String, then: @escaping () -> Void) {
    calls.start("DELETE", "/containers/\(container)?force=1&v=1") { _ in then() }
  }

  // MARK: Answers

  private static func isSuccess(_ result: Result<DockerAnswer, EngineError>) -> Bool {
    (try? result.get().isSuccess) ?? false
  }

  private static func words(_ result: Result<DockerAnswer, EngineError>) -> String {
    switch result {
    case .success(let answer): answer.complaint
    case .failure(let error): error.description
    }
  }

  private static func holds(
    _ result: Result<DockerAnswer, EngineError>, _ what: String, _ node: String, _ report: (NodeEvent) -> Void
  ) -> Bool {
    if isSuccess(result) { return true }
    report(.failed(EngineError("cannot \(what) the container of \(node): \(words(result))")))
    return false
  }
}
