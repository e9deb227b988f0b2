import AsyncHTTPClient
import HTTPTypes
import Instrumentation
import NIOCore
import NIOHTTP1
import Resilience

/// One call of another service, however often it is sent.
struct OutboundCall: Sendable {
  var method: HTTPMethod
  var path: String
  var headers: HTTPFields
  var json: ByteBuffer?
  var isRepeatable: Bool
  var deadline: Deadline?

  /// What RFC 9110, section 9.2.2, calls idempotent, and what says so by its key.
  static func isRepeatable(_ method: HTTPMethod, _ headers: HTTPFields) -> Bool {
    switch method {
    case .GET, .HEAD, .PUT, .DELETE, .OPTIONS: true
    default: headers[.idempotencyKey] != nil
    }
  }

  /// The request of one attempt.
  /// - Parameter timeout: how long the answer is waited for, if the callee shall know.
  func request(to endpoint: Endpoint, tellingTimeout timeout: Duration?) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: "http://\(endpoint)\(path)")
    request.method = method
    for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
    if let trace = ServiceContext.current?.trace { request.headers.add(name: "traceparent", value: trace.header) }
    if let timeout {
      request.headers.add(name: HTTPField.Name.requestTimeout.rawName, value: String(timeout.milliseconds))
    }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(json)
    }
    return request
  }
}
