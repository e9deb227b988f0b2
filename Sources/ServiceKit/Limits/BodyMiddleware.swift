import FleetAPI
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request's body before anything else is done for it, and not for ever: who sends slowly, or never sends what
/// was announced, takes no place of those who are ready.
struct BodyMiddleware: RouterMiddleware {
  typealias Context = FleetRequestContext

  /// How long a sender that was told to stop may take to read why.
  private static let linger = TimeAmount.seconds(1)

  let timeout: Duration

  /// Handles one request.
  /// - Throws: `ServiceError` 408 when the body is late, 413 when it is too large.
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard Self.announcesBody(request) else { return try await next(request, context) }
    var request = request
    request.body = RequestBody(buffer: try await body(of: request, over: context.channel))
    return try await next(request, context)
  }

  /// Without one of these fields there is no body (RFC 9112, section 6.3).
  private static func announcesBody(_ request: Request) -> Bool {
    if request.headers[.transferEncoding] != nil { return true }
    return request.headers[.contentLength].map { $0 != "0" } ?? false
  }

  private func body(of request: Request, over channel: any Channel) async throws -> ByteBuffer {
    let late = ServiceError(408, .bodyLate, "The body must arrive within \(timeout.milliseconds) ms.")
    // The error ends the connection's input, so that whoever waits for more of it gets to know. A body that was
    // complete by then stays complete.
    let alarm = channel.eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
      channel.pipeline.fireErrorCaught(late)
    }
    defer { alarm.cancel() }
    do {
      return try await JSONBody.bytes(of: request)
    } catch let error as ServiceError where error.code == .bodyLate {
      // Who goes on sending all the same would keep the connection for ever.
      channel.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
      throw error
    }
  }
}
