import FleetAPI
import HTTPTypes
public import Hummingbird
import Instrumentation
import Metrics
import Resilience

/// Turns away what the service can't or needn't take on.
public struct AdmissionMiddleware: RouterMiddleware {
  /// The kind of context it works with.
  public typealias Context = FleetRequestContext

  private let gate: ConcurrencyGate?
  private let honorsDeadlines: Bool
  private let shed: [ConcurrencyLimit.Refusal: Counter]
  private let late: Counter?

  /// nil when everything is taken on: then nothing of this costs anything.
  init?(_ policy: InboundPolicy) {
    guard policy.concurrency != nil || policy.honorsDeadlines else { return nil }
    gate = policy.concurrency.map { ConcurrencyGate($0) }
    honorsDeadlines = policy.honorsDeadlines
    let refusals = policy.concurrency == nil ? [] : ConcurrencyLimit.Refusal.allCases
    shed = Dictionary(uniqueKeysWithValues: refusals.map { ($0, Self.counter($0.rawValue)) })
    late = policy.honorsDeadlines ? Self.counter("deadline_exceeded") : nil
  }

  private static func counter(_ reason: String) -> Counter {
    Counter(label: "http_server_requests_shed_total", dimensions: [("reason", reason)])
  }

  /// Handles one request.
  /// - Throws: `ServiceError` 503 or 504 when it is turned away.
  public func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    // Who looks after an overloaded service must get in.
    if OperationsRoutes.paths.contains(request.uri.path) { return try await next(request, context) }
    guard honorsDeadlines,
      let deadline = request.headers[.requestTimeout].flatMap({ Deadline(millisecondsLeft: $0, receivedAt: .now) })
    else { return try await admitted(until: nil) { try await next(request, context) } }
    return try await admitted(until: deadline) {
      var serviceContext = ServiceContext.current ?? .topLevel
      serviceContext.deadline = deadline
      return try await ServiceContext.withValue(serviceContext) { try await next(request, context) }
    }
  }

  private func admitted(until deadline: Deadline?, _ work: () async throws -> Response) async throws -> Response {
    try refuseLate(deadline)
    guard let gate else { return try await work() }
    switch await gate.enter(until: deadline) {
    case .cancelled: throw CancellationError()
    case .refused(let refusal):
      try refuseLate(deadline)
      shed[refusal]?.increment()
      throw ServiceError(
        503, .overloaded, "This instance has more to do than it can; ask again later.", retryAfter: 1)
    case .admitted:
      defer { gate.leave() }
      try refuseLate(deadline)
      return try await work()
    }
  }

  private func refuseLate(_ deadline: Deadline?) throws {
    guard let deadline, deadline.hasPassed(at: .now) else { return }
    late?.increment()
    throw ServiceError(504, .deadlineExceeded, "The time that the caller gave for this request is over.")
  }
}

private enum DeadlineKey: ServiceContextKey {
  typealias Value = Deadline
}

extension ServiceContext {
  /// When the answer to the current request stops being of use; nil when its caller didn't say or isn't listened to.
  var deadline: Deadline? {
    get { self[DeadlineKey.self] }
    set { self[DeadlineKey.self] = newValue }
  }
}
