import CPlatform
import Foundation

/// Nodes as containers of a Docker engine: each start makes a new container, each end removes it.
final class ContainerHost: NodeHost {
  /// Docker does not get quicker by being asked for more at a time.
  private static let mostStarts = 6
  /// Seconds that Docker gets to say how a process ended, and to take a container away.
  private static let patience = 10.0

  /// A container whose process has begun. Docker may say late, or never, that it has ended.
  private final class Life {
    let node: String
    let report: (NodeEvent) -> Void
    /// When Docker's word is no longer waited for; nil while the process runs.
    var deadline: Double?
    var isOver = false

    init(_ node: String, _ report: @escaping (NodeEvent) -> Void) {
      self.node = node
      self.report = report
    }
  }

  private let calls: DockerCalls
  private let names: ContainerNames
  private let hosts: String
  /// Starts that wait for their turn, and how many are under way.
  private var queue: [() -> Void] = []
  private var starts = 0
  /// Containers that run, by the descriptors of their first processes (pidfd_open(2)).
  private var processes: [Int32: Life] = [:]
  private var leaving: [Life] = []
  private let keeper: Keeper

  /// Makes the lab's network, and what ends every container if this process is killed.
  ///
  /// - Parameter keeper: see `Keeper`.
  init(run: RunDirectory, calls: DockerCalls = DockerCalls(), keeper: [String]) throws {
    self.calls = calls
    names = ContainerNames(run: run)
    hosts = run.hostsFile
    try calls.socket.write(toFile: run.dockerSocketFile, atomically: true, encoding: .utf8)
    self.keeper = try Keeper(keeper, log: run.guardianLog)
  }

  /// Takes a block of addresses that nobody on this machine uses, and makes the network of it: 172.B.0.0/16.
  ///
  /// - Returns: B; its name is taken until this process ends.
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
          // Who is given an address gets one that no service has.
          "IPAM": [
            "Config": [
              [
                "Subnet": "172.\(block).0.0/16", "Gateway": "172.\(block).255.254", "IPRange": "172.\(block).0.0/24",
              ]
            ]
          ],
        ])
      if made.isSuccess { return block }
      reason = made.complaint
      guard reason.contains("overlap") else { break }
    }
    throw EngineError("no network for the lab: \(reason)", code: .missingPart)
  }

  // MARK: NodeHost

  let hasChildren = false

  var polled: [pollfd] {
    calls.polled + keeper.polled + processes.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  var nextDeadline: Double? {
    ([calls.nextDeadline, keeper.nextDeadline] + leaving.map(\.deadline)).compactMap { $0 }.min()
  }

  func serve(_ descriptor: Int32) {
    guard let life = processes.removeValue(forKey: descriptor) else {
      if !keeper.serve(descriptor) { calls.serve(descriptor) }
      return
    }
    Glibc.close(descriptor)
    life.report(.gone)
    life.deadline = Guardian.now() + Self.patience
    leaving.append(life)
  }

  func fireTimers() {
    calls.expire()
    keeper.fireTimers()
    let now = Guardian.now()
    for life in leaving where (life.deadline ?? .infinity) <= now {
      finish(life, .failure(EngineError("the Docker engine does not say how it ended")))
    }
    leaving.removeAll(where: \.isOver)
  }

  func close() -> Bool {
    // Not among the others, which may wait for an engine that is gone.
    let answer = try? DockerCalls(socket: calls.socket).perform("DELETE", "/networks/\(names.network)", patience: 10)
    keeper.close()
    return answer.map { $0.isSuccess || $0.status == 404 } ?? false
  }

  func launch(_ spec: SpawnSpec, isWanted: @escaping () -> Bool, report: @escaping (NodeEvent) -> Void) {
    var isStarting = true
    let turn = { [self] in
      let hear = { [self] (event: NodeEvent) in
        report(event)
        guard isStarting else { return }
        isStarting = false
        starts -= 1
        next()
      }
      guard isWanted() else { return hear(.failed(EngineError("\(spec.node) is not wanted any more"))) }
      begin(spec, report: hear)
    }
    // A fault has its time, and so has a preflight: they don't wait behind a hundred instances.
    if ["fault", "preflight"].contains(spec.service) { queue.insert(turn, at: 0) } else { queue.append(turn) }
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
      create(request, tries: 3, report: report)
    } catch let error as EngineError { report(.failed(error)) } catch { report(.failed(EngineError("\(error)"))) }
  }

  private func create(_ request: ContainerRequest, tries: Int, report: @escaping (NodeEvent) -> Void) {
    let name = names.container(request.spec.node)
    calls.start("POST", "/containers/create?name=\(name)", body: request.body) { [self] result in
      // One that was not removed in time is in the way.
      if case .success(let answer) = result, answer.status == 409, tries > 1 {
        return remove(name) { [self] in create(request, tries: tries - 1, report: report) }
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
        FileHandle.standardError.say("\(node) has no port of this machine: \(words)\n")
        var alone = request
        alone.container.ports = []
        create(alone, tries: 3, report: report)
      }
    }
  }

  private struct Inspection: Decodable {
    struct State: Decodable {
      var Pid: Int32
      var OOMKilled: Bool?
    }
    var State: State
  }

  private func look(_ node: String, report: @escaping (NodeEvent) -> Void) {
    let name = names.container(node)
    calls.start("GET", "/containers/\(name)/json") { [self] result in
      guard case .success(let answer) = result, answer.isSuccess,
        let state = try? JSONDecoder().decode(Inspection.self, from: answer.body).State
      else { return remove(name) { report(.failed(Self.trouble("cannot look at \(node): \(Self.words(result))"))) } }
      let life = Life(node, report)
      let descriptor = state.Pid > 0 ? firedrill_pidfd(state.Pid) : -1
      if descriptor >= 0 {
        processes[descriptor] = life
        report(.started(pid: state.Pid))
      } else {
        // It has ended already. (Or runs where we don't see it: then nobody says how it ended.)
        life.deadline = Guardian.now() + Self.patience
        leaving.append(life)
      }
      calls.start("POST", "/containers/\(name)/wait", patience: .infinity) { [self] in finish(life, $0) }
    }
  }

  private struct Wait: Decodable { var StatusCode: Int }

  /// Takes the container away: its name and address are free again when it is gone, not before.
  private func finish(_ life: Life, _ result: Result<DockerAnswer, EngineError>) {
    guard !life.isOver else { return }
    life.isOver = true
    if let descriptor = processes.first(where: { $0.value === life })?.key {
      processes[descriptor] = nil
      Glibc.close(descriptor)
      life.report(.gone)
    }
    let code = (try? result.get()).flatMap { try? JSONDecoder().decode(Wait.self, from: $0.body).StatusCode }
    // Docker tells both as numbers, as shells do.
    let exit = code.map { $0 > 128 && $0 < 160 ? "signal \($0 - 128)" : "exit \($0)" }
    let end = { [self] (exit: String) in
      remove(names.container(life.node)) { life.report(.ended(exit: exit, failed: code != 0)) }
    }
    guard code == 128 + Int(SIGKILL), let exit else { return end(exit ?? "lost: the Docker engine went away") }
    calls.start("GET", "/containers/\(names.container(life.node))/json", patience: Self.patience) { result in
      end(exit + (Self.isOutOfMemory(result) ? Self.outOfMemory : ""))
    }
  }

  /// Whoever looks for a reason finds none in the node's log.
  static let outOfMemory = ", out of memory: mem_limit"

  static func isOutOfMemory(_ result: Result<DockerAnswer, EngineError>) -> Bool {
    guard case .success(let answer) = result else { return false }
    return (try? JSONDecoder().decode(Inspection.self, from: answer.body))?.State.OOMKilled ?? false
  }

  private func remove(_ container: String, then: @escaping () -> Void) {
    calls.start("DELETE", "/containers/\(container)?force=1&v=1", patience: Self.patience) { _ in then() }
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
    report(.failed(trouble("cannot \(what) the container of \(node): \(words(result))")))
    return false
  }

  /// No fault of the lab's.
  private static func trouble(_ words: String) -> EngineError { EngineError(words, code: .missingPart) }
}
