import Foundation
import Topology

/// Health checks: often until a node is healthy, seldom from then on.
extension LabEngine {
  /// Between two looks at a node that is not healthy yet.
  private static let eager = Duration.milliseconds(60)
  /// A healthy node is looked at this seldom, or less often where its check says so.
  private static let relaxed = Duration.seconds(5)

  func watchHealth(of node: String) {
    guard let view = views[node], let check = topology.service(view.service)?.healthcheck else { return }
    views[node]?.health = .starting
    let address = view.address
    let pid = view.record?.pid ?? 0
    // Some servers write over the environment that they were started with.
    let variables = NodeCommand.environment(adding: view.record?.spec.environment ?? [])
    let probe = check.probeURL(node: node).flatMap(NativeProbe.init(url:))
    healthTasks[node] = Task { [weak self, installation] in
      var failures = 0
      let start = ContinuousClock.now
      while !Task.isCancelled {
        let alive: Bool
        if let probe {
          let target = await self?.address(of: probe.host) ?? address
          alive = await probe.isAlive(at: target, timeout: min(check.timeout, .seconds(2)))
        } else {
          alive = await CommandRunner.succeeds(
            NodeCommand.line(check.command, inNode: pid, by: installation), adding: variables, timeout: check.timeout)
        }
        failures = alive ? 0 : failures + 1
        let young = ContinuousClock.now - start < max(check.startPeriod, .seconds(1))
        if alive {
          await self?.setHealth(.healthy, of: node)
        } else if failures >= check.retries, !young {
          await self?.setHealth(.unhealthy, of: node)
        }
        let patient = ContinuousClock.now - start > .seconds(3) ? Self.eager * 8 : Self.eager
        try? await Task.sleep(for: alive ? max(check.interval, Self.relaxed) : patient)
      }
    }
  }

  private func setHealth(_ health: NodeView.Health, of node: String) {
    guard views[node]?.record?.pid != nil, views[node]?.health != health, !Task.isCancelled else { return }
    views[node]?.health = health
    changed()
  }

  /// The address of a node, or of the first instance of a service.
  func address(of name: String) -> String? {
    views[name]?.address ?? topology.service(name)?.instances.first.flatMap { views[$0]?.address }
  }
}
