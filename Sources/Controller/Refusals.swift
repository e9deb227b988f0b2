import DrillCore
import Engine
import Probes

/// Sees to it that a lab refuses as its brief tells, before it is handed over.
struct Refusals {
  private static let port = 8080
  private let plan: RefusalsPlan

  init(_ plan: RefusalsPlan) { self.plan = plan }

  /// Asks every instance round after round, until in `rounds` rounds in a row exactly the planned number refused, and
  /// the same ones each time. Returns what was seen; throws when it does not come in time.
  func wait(on engine: any Engine) async throws -> String {
    let deadline = ContinuousClock.now + plan.within
    var agreed = 0
    var last: Set<String> = []
    var seen = "nobody answered"
    while agreed < plan.rounds {
      let (refusing, silent) = try await round(engine)
      seen = "\(refusing.count) of \(plan.service)'s instances answer \(plan.status), \(silent.count) nothing"
      let fits = refusing.count == plan.refusing && silent.isEmpty
      agreed = fits ? (refusing == last ? agreed + 1 : 1) : 0
      last = refusing
      if agreed == plan.rounds { break }
      guard ContinuousClock.now < deadline else {
        throw Wire.Failure(
          code: ExitStatus.failed,
          message: "the symptom did not show within \(plan.within): \(seen), \(plan.refusing) should")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    return seen
  }

  /// Asks every instance once: how many don't answer as they should, and that in words.
  func look(on engine: any Engine) async throws -> (count: Int, seen: String) {
    let (refusing, silent) = try await round(engine)
    let seen = "\(refusing.count) of \(plan.service)'s instances answer \(plan.status), \(silent.count) nothing"
    return (refusing.count + silent.count, seen)
  }

  /// Who answered with the planned status, and who did not answer at all or with something unexpected.
  private func round(_ engine: any Engine) async throws -> (refusing: Set<String>, silent: Set<String>) {
    let nodes = try await engine.nodes().filter { $0.service == plan.service }
    return try await HTTPProbe.with { http in
      await withTaskGroup(of: (String, Int?).self) { group in
        for node in nodes {
          group.addTask {
            let url = "http://\(node.address):\(Self.port)\(plan.path)"
            return (node.name, try? await http.send("GET", url, timeout: .seconds(3)).status)
          }
        }
        var refusing: Set<String> = []
        var silent: Set<String> = []
        for await (name, status) in group {
          if status == plan.status { refusing.insert(name) } else if status != 200 { silent.insert(name) }
        }
        return (refusing, silent)
      }
    }
  }
}
