import Engine
import Foundation
import Probes

/// `toxic`: a link of a proxy gets a fault, until the worker is ended. The proxy keeps the lease too, so that it heals
/// whatever becomes of this process.
enum ToxicFault {
  @Sendable static func work(_ order: FaultOrder) async throws {
    var values = order.values
    let lease = Double(values.removeValue(forKey: "lease_seconds") ?? "") ?? 1
    // The engine's name of the fault, which nobody has twice.
    let id = ProcessInfo.processInfo.environment["HOSTNAME"] ?? "toxic-\(UInt64.random(in: 0...UInt64.max))"
    let body = ToxicParameters.json(values, id: id, lease: lease)
    let url = "http://\(try order.text("proxy")):8080/v1/toxics"
    let token = order.secret
    try await HTTPProbe.with { http in
      do {
        let reply = try await FaultOrder.whole {
          try await http.send("POST", url, token: token, json: body, timeout: .seconds(2))
        }
        guard reply.status == 200 || reply.status == 201 else {
          let words = String(decoding: reply.body, as: UTF8.self)
          throw FaultWorkerError(description: "the proxy answered \(reply.status): \(words)")
        }
        FaultOrder.ready(body)
        await FaultOrder.untilEnded()
      } catch {
        // It may have been heard all the same.
        await end(http, "\(url)/\(id)", token)
        throw error
      }
      await end(http, "\(url)/\(id)", token)
    }
  }

  /// Not cancelled with the worker: this is what it is ended for.
  private static func end(_ http: HTTPProbe, _ url: String, _ token: String) async {
    _ = try? await FaultOrder.whole { try await http.send("DELETE", url, token: token, timeout: .seconds(2)) }
  }
}
