import Topology

/// Which address each node has: 127.BLOCK.SERVICE.INSTANCE, or 172.BLOCK.SERVICE.INSTANCE for containers.
///
/// A service keeps its number for the life of the lab.
struct AddressPlan: Codable, Equatable, Sendable {
  let engine: EngineKind
  /// The lab's part of 127.0.0.0/8 or of 172.16.0.0/12.
  let block: Int
  private(set) var numbers: [String: Int] = [:]

  init(block: Int, engine: EngineKind = .process) {
    self.block = block
    self.engine = engine
  }

  /// Gives numbers to services that have none yet.
  mutating func include(_ topology: Topology) {
    for service in topology.services where numbers[service.name] == nil {
      numbers[service.name] = (numbers.values.max() ?? 0) + 1
    }
  }

  /// The address of an instance, counted from 1; nil for a service that was never included.
  func address(of service: String, instance: Int) -> String? {
    let network = engine == .process ? "127" : "172"
    return numbers[service].map { "\(network).\(block).\($0).\(instance)" }
  }

  /// The content of `/etc/hosts`: each node's name, and its service's name for all of the service's nodes.
  func hosts(for topology: Topology) -> String {
    var lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
    for service in topology.services {
      for (index, node) in service.instances.enumerated() {
        guard let address = address(of: service.name, instance: index + 1) else { continue }
        lines.append(node == service.name ? "\(address) \(node)" : "\(address) \(node) \(service.name)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
