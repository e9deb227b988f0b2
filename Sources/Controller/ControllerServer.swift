import DrillCore
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The controller's HTTP API on a unix socket that only its owner can use, behind a token.
public struct ControllerServer: Sendable {
  let controller: LabController
  let token: String

  /// Serves a controller; `token` is what callers must present.
  public init(controller: LabController, token: String) {
    self.controller = controller
    self.token = token
  }

  /// Serves until cancelled or told by SIGTERM.
  public func run(socket: String) async throws {
    unlink(socket)
    let before = umask(0o177)
    let application = Application(
      router: router(),
      configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket)),
      onServerRunning: { _ in
        umask(before)
        _ = chmod(socket, 0o600)
      })
    try await application.runService()
  }

  private func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: TokenMiddleware(token: token))
    router.add(middleware: FailureMiddleware())
    let controller = self.controller
    router.get("/v1/status") { _, _ in try Self.json(await controller.status()) }
    router.post("/v1/nodes/:node/:action") { _, context in
      let name = try context.parameters.require("action")
      guard let action = LabController.Action(rawValue: name) else {
        throw EngineError("unknown action \(name)", code: .usage)
      }
      try await controller.act(action, on: context.parameters.require("node"))
      return try Self.json(Nothing())
    }
    router.post("/v1/scale") { request, _ in
      let order = try await Self.body(Wire.Scale.self, of: request)
      try await controller.scale(order.service, to: order.count)
      return try Self.json(Nothing())
    }
    router.post("/v1/faults") { request, _ in
      try Self.json(await controller.injectByHand(Self.body(FaultRequest.self, of: request)))
    }
    router.delete("/v1/faults/:id") { _, context in
      try await controller.clearByHand(context.parameters.require("id"))
      return try Self.json(Nothing())
    }
    router.delete("/v1/faults") { _, _ in
      try await controller.clearByHand(nil)
      return try Self.json(Nothing())
    }
    addOperations(to: router)
    return router
  }

  private func addOperations(to router: Router<BasicRequestContext>) {
    let controller = self.controller
    router.post("/v1/up") { request, _ in
      let order = try await Self.body(Wire.Up.self, of: request)
      return Self.stream { report in
        try await controller.exclusively("start") { try await controller.up(order, report: report) }
        return "{}"
      }
    }
    router.post("/v1/apply") { _, _ in
      Self.stream { report in
        let done = try await controller.exclusively("deploy") { try await controller.apply(report: report) }
        return String(decoding: try JSONEncoder().encode(done), as: UTF8.self)
      }
    }
    router.post("/v1/grade") { request, _ in
      let order = try await Self.body(Wire.Grade.self, of: request)
      return Self.stream { report in
        try await controller.exclusively("grade") { try await controller.grade(order, report: report) }
      }
    }
    router.post("/v1/check") { _, _ in
      Self.stream { _ in
        let answer = try await controller.exclusively(LabController.checking) { try await controller.check() }
        return String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
      }
    }
    router.post("/v1/run") { request, _ in
      let order = try await Self.body(Wire.Run.self, of: request)
      return Self.stream(whileHeard: true) { report in try await controller.run(order, report: report) }
    }
    router.post("/v1/load") { request, _ in
      let order = try await Self.body(Wire.Load.self, of: request)
      return Self.stream { report in try await controller.load(order, report: report) }
    }
  }

  // MARK: Bodies

  private struct Nothing: Codable {}

  private static func json(_ value: some Encodable) throws -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
  }

  private static func body<Value: Decodable>(_ type: Value.Type, of request: Request) async throws -> Value {
    let buffer = try await request.body.collect(upTo: 1 << 20)
    do {
      return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
    } catch {
      throw EngineError("the body is not what this operation takes: \(error)", code: .usage)
    }
  }

  /// Runs an operation in a task of its own, so that it goes on when the caller goes away, and sends its progress.
  ///
  /// - Parameter whileHeard: whether it ends with the caller instead. Only who writes learns that nobody listens, so
  ///   something is written each second.
  private static func stream(
    whileHeard: Bool = false,
    _ operation: @escaping @Sendable (@escaping LabController.Report) async throws -> String
  ) -> Response {
    let lines = AsyncStream.makeStream(of: Wire.Progress.self)
    let work = Task.detached { [progress = lines.continuation] in
      do {
        let result = try await operation { progress.yield(Wire.Progress(line: $0)) }
        progress.yield(Wire.Progress(result: result))
      } catch {
        progress.yield(Wire.Progress(error: Wire.Failure(error)))
      }
      progress.finish()
    }
    return Response(
      status: .ok, headers: [.contentType: "application/jsonl"],
      body: ResponseBody { writer in
        let pulse = Task {
          while whileHeard, !Task.isCancelled {
            lines.continuation.yield(Wire.Progress())
            try await Task.sleep(for: .seconds(1))
          }
        }
        defer {
          pulse.cancel()
          if whileHeard { work.cancel() }
        }
        for await line in lines.stream {
          var data = try JSONEncoder().encode(line)
          data.append(UInt8(ascii: "\n"))
          try await writer.write(ByteBuffer(bytes: data))
        }
        try await writer.finish(nil)
      })
  }
}

extension Wire.Failure {
  /// What the console is told of an error.
  init(_ error: any Error) {
    switch error {
    case let failure as Wire.Failure: self = failure
    case let error as EngineError:
      switch error.code {
      case .usage, .busy: self.init(code: ExitStatus.usage, message: error.description)
      case .missingPart: self.init(code: ExitStatus.unavailable, message: error.description)
      case .failed: self.init(code: ExitStatus.software, message: error.description)
      }
    default: self.init(code: LabController.exitStatus(of: error), message: "\(error)")
    }
  }
}

/// Refuses who does not present the token.
private struct TokenMiddleware: RouterMiddleware {
  let token: String

  func handle(
    _ input: Request, context: BasicRequestContext, next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    let given = Array((input.headers[.authorization] ?? "").utf8)
    let wanted = Array("Bearer \(token)".utf8)
    // Compares all bytes whatever the first difference is.
    let same = given.count == wanted.count && zip(given, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    guard same else {
      return FailureMiddleware.response(.unauthorized, ExitStatus.usage, "the token is missing or wrong")
    }
    return try await next(input, context)
  }
}

/// Turns every error into JSON with the console's exit code.
private struct FailureMiddleware: RouterMiddleware {
  func handle(
    _ input: Request, context: BasicRequestContext, next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(input, context)
    } catch let error as HTTPError {
      return Self.response(
        error.status, ExitStatus.usage, "\(input.method) \(input.uri.path): \(error.body ?? "refused")")
    } catch {
      let failure = Wire.Failure(error)
      return Self.response(
        failure.code == ExitStatus.usage ? .badRequest : .internalServerError, failure.code, failure.message)
    }
  }

  static func response(_ status: HTTPResponse.Status, _ code: Int32, _ message: String) -> Response {
    let data = (try? JSONEncoder().encode(Wire.Failure(code: code, message: message))) ?? Data()
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}
