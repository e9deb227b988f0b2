import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ServiceKit

/// A plain HTTP client, as a user has it.
enum Browser {
  /// An answer.
  struct Reply: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: String

    /// The body as a JSON object; empty when it isn't one.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }

    /// A text in the body.
    func string(_ key: String) -> String { json[key] as? String ?? "" }

    /// The error's code, if the body is an error.
    var code: String? { (json["error"] as? [String: Any])?["code"] as? String }
  }

  /// Sends a request; 20 s at most.
  static func send(
    _ method: HTTPMethod, _ endpoint: Endpoint, _ path: String, headers: [String: String] = [:], body: String? = nil
  ) async throws -> Reply {
    var request = HTTPClientRequest(url: "http://\(endpoint)\(path)")
    request.method = method
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 16 << 20)
    return Reply(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
  }
}
