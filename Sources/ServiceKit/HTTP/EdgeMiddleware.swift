import HTTPTypes
public import Hummingbird
import Instrumentation
public import Logging

/// What happens around every request of every service: it joins or begins a trace, is timed, gets `X-Instance`, and
/// errors become JSON.
public struct EdgeMiddleware: RouterMiddleware {
  /// The kind of context it works with.
  public typealias Context = FleetRequestContext

  private let instance: String
  private let logger: Logger
  private let metrics = RequestMetrics()

  init(instance: String, logger: Logger) {
    self.instance = instance
    self.logger = logger
  }

  /// Handles one request. Throws only what breaks the connection.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let begin = ContinuousClock.now
    let trace = request.headers[.traceparent].flatMap { TraceContext(header: $0) }?.child() ?? TraceContext()
    var serviceContext = ServiceContext.current ?? .topLevel
    serviceContext.trace = trace
    return await ServiceContext.withValue(serviceContext) {
      var response: Response
      do {
        response = try await next(request, context)
      } catch {
        response = answer(error, request)
      }
      response.headers[.xInstance] = instance
      let route = context.endpointPath ?? "unmatched"
      if !OperationsRoutes.paths.contains(route) {
        let nanoseconds = (ContinuousClock.now - begin).nanoseconds
        metrics.record(
          method: request.method, route: route, status: response.status.code, nanoseconds: nanoseconds)
        logger.debug(
          "request", metadata: ["path": "\(request.uri.path)", "status": "\(response.status.code)"])
      }
      return response
    }
  }

  private func answer(_ error: any Error, _ request: Request) -> Response {
    let known = ErrorMapping.serviceError(for: error)
    if known.status >= 500 {
      logger.error(
        "\(known.cause.map { "\($0)" } ?? known.message)",
        metadata: [
          "code": "\(known.code)", "status": "\(known.status)", "method": "\(request.method)",
          "path": "\(request.uri.path)",
        ].merging((known.cause as? any LoggedError)?.logMetadata ?? [:]) { mine, _ in mine })
    }
    return ErrorMapping.response(for: known)
  }
}

/// An error that has more to say in the log than its description.
public protocol LoggedError: Error {
  /// Further fields of the log record.
  var logMetadata: Logger.Metadata { get }
}

extension Duration {
  /// The whole duration in nanoseconds, limited to what fits.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? Int64.max : product + attoseconds / 1_000_000_000
  }
}

extension HTTPField.Name {
  private static func literal(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }
  /// The instance that answered.
  public static let xInstance = literal("X-Instance")
  /// The instance of another service that the answer came from.
  public static let xUpstreamInstance = literal("X-Upstream-Instance")
  /// The shop's session, between services.
  public static let xSession = literal("X-Session")
  /// Makes repeating a request safe.
  public static let idempotencyKey = literal("Idempotency-Key")
  /// How long the caller still waits, in whole milliseconds.
  public static let requestTimeout = literal("X-Request-Timeout-Ms")
}
