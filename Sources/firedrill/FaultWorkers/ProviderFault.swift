import Foundation
import Probes

/// `provider`: changes how the payment provider behaves, until the worker is ended. The provider keeps the lease too,
/// so that it heals whatever becomes of this process.
enum ProviderFault {
  private static let url = "http://provider:8080/v1/behaviour"

  @Sendable static func work(_ order: FaultOrder) async throws {
    var values: [String: Double] = [:]
    for (name, text) in order.values { values[name] = Double(text) }
    let body = String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
    try await HTTPProbe.with { http in
      let reply = try await http.send("PUT", url, token: order.secret, json: body, timeout: .seconds(3))
      guard reply.status == 200 else {
        let words = String(decoding: reply.body, as: UTF8.self)
        throw FaultProblem(description: "the provider answered \(reply.status): \(words)")
      }
      FaultOrder.ready(body)
      await FaultOrder.untilEnded()
      // Not cancelled with the worker: this is what it is ended for.
      await Task.detached {
        _ = try? await http.send("DELETE", url, token: order.secret, timeout: .seconds(3))
      }.value
    }
  }
}
