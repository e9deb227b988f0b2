import Foundation

/// The calls to one Docker engine that are under way.
final class DockerCalls {
  /// The engine's unix socket.
  let socket: String
  private var calls: [Int32: DockerCall] = [:]

  init(socket: String = DockerCalls.standardSocket) { self.socket = socket }

  /// `DOCKER_HOST` where it names a unix socket, or the usual one.
  static var standardSocket: String {
    let host = ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? ""
    return host.hasPrefix("unix://") ? String(host.dropFirst("unix://".count)) : "/var/run/docker.sock"
  }

  /// Begins a call; `completion` is called once, from `serve`, `expire`, or at once.
  func start(
    _ method: String, _ path: String, body: Any? = nil, patience: Double = 30, mostBytes: Int = DockerCall.limit,
    completion: @escaping DockerCall.Completion
  ) {
    do {
      let call = try DockerCall(
        socket: socket, method, path, body: body, patience: patience, mostBytes: mostBytes,
        completion: completion)
      calls[call.descriptor] = call
    } catch let error as EngineError { completion(.failure(error)) } catch {
      completion(.failure(EngineError("\(error)")))
    }
  }

  var polled: [pollfd] { calls.values.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) } }
  var nextDeadline: Double? { calls.values.map(\.deadline).filter { $0 < .infinity }.min() }

  func serve(_ descriptor: Int32) {
    guard let call = calls[descriptor] else { return }
    call.serve()
    drop([call])
  }

  func expire() {
    let now = Guardian.now()
    let late = calls.values.filter { now >= $0.deadline }
    late.forEach { $0.expire(at: now) }
    drop(late)
  }

  /// A completion may have begun other calls, though none of the same descriptor: a call closes its own when it goes.
  private func drop(_ candidates: [DockerCall]) {
    for call in candidates where call.isDone { calls[call.descriptor] = nil }
  }

  /// Waits until every call is done, which each is in its own time.
  func finish() {
    while !calls.isEmpty {
      var entries = polled
      let wait = nextDeadline.map { max(0, $0 - Guardian.now()) } ?? 60
      if poll(&entries, nfds_t(entries.count), Int32((wait * 1000).rounded(.up))) > 0 {
        for entry in entries where entry.revents != 0 { serve(entry.fd) }
      }
      expire()
    }
  }

  /// One call, waited for. Only for those who may wait.
  func perform(
    _ method: String, _ path: String, body: Any? = nil, patience: Double = 30, mostBytes: Int = DockerCall.limit
  ) throws -> DockerAnswer {
    var result: Result<DockerAnswer, EngineError>?
    start(method, path, body: body, patience: patience, mostBytes: mostBytes) { result = $0 }
    finish()
    guard let result else { throw EngineError("a call to the Docker engine was lost") }
    return try result.get()
  }
}
