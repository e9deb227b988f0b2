import AsyncHTTPClient
public import Engine
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The console's side of the controller's API.
public struct ControllerClient: Sendable {
  private let run: RunDirectory
  private let socket: String
  private let token: String

  /// Connects to the controller of the lab in a folder; starts one if the guardian has none.
  ///
  /// Throws when no lab runs there.
  public static func connect(to lab: LabFolder) async throws -> ControllerClient {
    let state = try lab.requireState()
    let run = RunDirectory(labID: state.id)
    guard run.isAlive else {
      throw EngineError(
        "the lab in \(lab.path) does not run; `firedrill start --continue` starts it again with your files",
        code: .usage)
    }
    let client = ControllerClient(run: run)
    if await client.answers() { return client }
    let guardian = try GuardianClient.connect(run)
    // Asked again: of a controller that is just being killed the guardian doesn't know yet that it is gone.
    for _ in 0..<40 {
      try await guardian.ensureController()
      if (try? await client.awaitAnswer(timeout: .milliseconds(250))) != nil { return client }
    }
    throw EngineError("the controller did not answer within 10 s")
  }

  /// For a lab whose guardian was just started.
  public init(run: RunDirectory) {
    self.run = run
    socket = run.controllerSocket
    token = (try? String(contentsOfFile: run.tokenFile, encoding: .utf8)) ?? ""
  }

  /// Waits until the controller answers.
  public func awaitAnswer(timeout: Duration) async throws {
    let deadline = ContinuousClock.now + timeout
    while ContinuousClock.now < deadline {
      if await answers() { return }
      try await Task.sleep(for: .milliseconds(15))
    }
    throw EngineError("the controller did not answer within \(timeout)")
  }

  private func answers() async -> Bool { (try? await status()) != nil }

  /// The lab's nodes and faults.
  public func status() async throws -> Wire.Status { try await call(.GET, "/v1/status", timeout: .seconds(5)) }

  /// Stops, kills, starts, restarts, pauses or resumes a node.
  public func act(_ action: String, on node: String) async throws {
    let _: Empty = try await call(.POST, "/v1/nodes/\(node)/\(action)", timeout: .seconds(60))
  }

  /// Changes the number of a service's instances.
  public func scale(_ service: String, to count: Int) async throws {
    let _: Empty = try await call(.POST, "/v1/scale", Wire.Scale(service: service, count: count), timeout: .seconds(60))
  }

  /// Applies a fault.
  public func inject(_ fault: FaultRequest) async throws -> ActiveFault {
    try await call(.POST, "/v1/faults", fault, timeout: .seconds(60))
  }

  /// Undoes one fault, or all (nil).
  public func clear(_ id: String?) async throws {
    let _: Empty = try await call(.DELETE, id.map { "/v1/faults/\($0)" } ?? "/v1/faults", timeout: .seconds(60))
  }

  /// Carries out a long operation (`up`, `apply`, `grade`, `load`): progress as it comes, then its result as JSON text.
  ///
  /// The operation goes on when the caller goes away.
  ///
  /// - Throws: also when it is not done in time: the time-out is for all of it.
  public func perform(
    _ operation: String, _ body: (any Encodable & Sendable)? = nil, timeout: Duration = .seconds(600),
    onLine: @escaping @Sendable (String) -> Void
  ) async throws -> String {
    try await withThrowingTaskGroup(of: String.self) { group in
      group.addTask { try await follow(operation, body, timeout: timeout, onLine: onLine) }
      group.addTask {
        try await Task.sleep(for: timeout)
        throw EngineError("the controller did not end \(operation) within \(timeout)")
      }
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }

  private func follow(
    _ operation: String, _ body: (any Encodable & Sendable)?, timeout: Duration,
    onLine: @Sendable (String) -> Void
  ) async throws -> String {
    let response = try await send(.POST, "/v1/\(operation)", body, timeout: timeout)
    var pending = ByteBuffer()
    for try await chunk in response.body {
      pending.writeImmutableBuffer(chunk)
      while let length = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - pending.readerIndex }),
        let line = pending.readData(length: length)
      {
        pending.moveReaderIndex(forwardBy: 1)
        let progress = try JSONDecoder().decode(Wire.Progress.self, from: line)
        if let text = progress.line { onLine(text) }
        if let error = progress.error { throw error }
        if let result = progress.result { return result }
      }
    }
    throw EngineError("the controller ended before \(operation) was done")
  }

  // MARK: HTTP

  private struct Empty: Codable {}

  private func call<Answer: Decodable>(
    _ method: HTTPMethod, _ path: String, _ body: (any Encodable & Sendable)? = nil, timeout: Duration
  ) async throws -> Answer {
    let response = try await send(method, path, body, timeout: timeout)
    return try await JSONDecoder().decode(Answer.self, from: response.body.collect(upTo: 16 << 20))
  }

  /// Does something for as long as a controller listens: where nobody does, the HTTP client would try to connect for as
  /// long as it may.
  private func unlessGone<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask(operation: body)
      group.addTask { [run] in
        while run.controllerListens { try await Task.sleep(for: .milliseconds(200)) }
        throw EngineError("the controller is gone")
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  private func send(
    _ method: HTTPMethod, _ path: String, _ body: (any Encodable & Sendable)?, timeout: Duration
  ) async throws -> HTTPClientResponse {
    let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket
    var request = HTTPClientRequest(url: "http+unix://\(host)\(path)")
    request.method = method
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let body { request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(body))) }
    let (asked, limit) = (request, TimeAmount.nanoseconds(Int64(timeout / .nanoseconds(1))))
    let response = try await unlessGone { try await HTTPClient.shared.execute(asked, timeout: limit) }
    guard response.status != .ok else { return response }
    let answer = try await response.body.collect(upTo: 1 << 20)
    if let failure = try? JSONDecoder().decode(Wire.Failure.self, from: answer) { throw failure }
    throw EngineError("the controller answered \(response.status.code): \(String(buffer: answer))")
  }
}

extension Wire.Failure: Error, CustomStringConvertible {
  /// The message for people.
  public var description: String { message }
}
