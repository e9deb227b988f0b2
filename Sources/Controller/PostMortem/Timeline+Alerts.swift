import Engine
import Foundation
import Probes

extension Timeline {
  /// Adds the alerts that fired while the lab ran, by what its Prometheus still knows: nothing where the lab does not
  /// run, for the figures go with it.
  ///
  /// - Throws: where a Prometheus that runs does not tell.
  public mutating func addAlerts(from controller: ControllerClient) async throws {
    let nodes = try await controller.status().nodes
    guard let prometheus = nodes.first(where: { $0.service == "prometheus" && $0.isUp }) else { return }
    let (begin, base) = (fault ?? harm, "http://\(prometheus.address):9090")
    let firings = try await HTTPProbe.with { http in
      try await PrometheusProbe(http: http, base: base).firings(from: begin, to: Date().timeIntervalSince1970)
    }
    add(alerts: firings.map { Moment(at: $0.begin, what: "the alert \($0.name) fires") })
  }
}
