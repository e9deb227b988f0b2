import Foundation
import Probes

/// `provider`: changes how the payment provider behaves, until the worker is ended. The provider keeps the lease too,
/// so that it heals whatever becomes of this process. Under a name of its own: other such faults stay as they are.
enum ProviderFault {
  private static let url = "http://provider:8080/v1/behaviour?lease=" + String(UInt64.random(in: 0...UInt64.max))

  @Sendable static func work(_ order: FaultOrder) async throws {
    var values: [String: Double] = [:]
    for (name, text) in order.values { values[name] = Double(text) }
    let body = String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
    let token = order.secret
    try await HTTPProbe.with { http in
      do {
        let reply = try await FaultOrder.whole {
          try await http.send("PUT", url, token: token, json: body, timeout: .seconds(2))
        }
        guard reply.status == 200 else {
          let words = String(decoding: reply.body, as: UTF8.self)
          throw FaultWorkerError(description: "the provider answered \(reply.status): \(words)")
        }
        FaultOrder.ready(body)
        await FaultOrder.untilEnded()
      } catch {
        // It may have been heard all the same.
        await end(http, token)
        throw error
      }
      await end(http, token)
    }
  }

  /// Not cancelled with the worker: this is what it is ended for.
  private static func end(_ http: HTTPProbe, _ token: String) async {
    _ = try? await FaultOrder.whole { try await http.send("DELETE", url, token: token, timeout: .seconds(2)) }
  }
}
