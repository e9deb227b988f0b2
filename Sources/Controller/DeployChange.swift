import Foundation
import Topology

/// What a deploy changed, in a line for the change log: files, settings, instances, and what was touched for it.
enum DeployChange {
  /// Nil where nothing had changed.
  ///
  /// - Parameters:
  ///   - files: the names of the files that differ from the last deploy.
  ///   - done: what was touched, a line for each service.
  static func text(files: [String], from before: Topology, to after: Topology, done: [String]) -> String? {
    guard !files.isEmpty || !done.isEmpty else { return nil }
    let shown = files.prefix(8) + (files.count > 8 ? ["\(files.count - 8) more"] : [])
    let named = files.isEmpty ? [] : [shown.joined(separator: ", ") + " changed"]
    let touched = done.isEmpty ? ["no service was touched"] : done
    return "deploy: " + (named + settings(from: before, to: after) + touched).joined(separator: "; ")
  }

  /// `ORDER_POOL_MAX 10 -> 20 (order)`, also of several services at once.
  static func settings(from before: Topology, to after: Topology) -> [String] {
    var places: [String: [String]] = [:]
    for service in after.services where !service.judge {
      guard let old = before.service(service.name) else { continue }
      for name in Set(old.environment.keys).union(service.environment.keys) {
        let (was, now) = (old.environment[name], service.environment[name])
        guard was != now else { continue }
        let hidden = isSecret(name, was) || isSecret(name, now)
        let change = hidden ? "\(name) changed" : "\(name) \(shown(was)) -> \(shown(now))"
        places[change, default: []].append(service.name)
      }
      if old.replicas != service.replicas {
        places["instances \(count(old)) -> \(count(service))", default: []].append(service.name)
      }
    }
    return places.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value.joined(separator: ", ")))" }
  }

  private static func count(_ service: Topology.Service) -> String { "\(service.replicas ?? 1)" }

  private static func shown(_ value: String?) -> String {
    guard let value else { return "(not set)" }
    return value.isEmpty ? "(empty)" : value.count > 60 ? value.prefix(60) + "..." : value
  }

  /// A name that says so, or an address with a password in it. The file of a secret is none.
  private static func isSecret(_ name: String, _ value: String?) -> Bool {
    let words = name.uppercased()
    guard !words.hasSuffix("_FILE") else { return false }
    if ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY", "_KEY"].contains(where: words.contains) {
      return true
    }
    guard let value, let scheme = value.range(of: "://") else { return false }
    return value[scheme.upperBound...].prefix { $0 != "/" }.contains("@")
  }
}
