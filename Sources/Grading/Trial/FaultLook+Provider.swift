import DrillCore
import Engine
import Probes

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// The payment company, asked by the judge itself: what it says of its behaviour, and what a charge of the judge's gets.
extension FaultLook {
  /// At most so many charges are tried until one fails.
  private static let tries = 150
  private static let atOnce = 5

  func provider(_ parameters: [String: String]) async -> (Bool, String) {
    do {
      let data = try await context.provider("GET", "/v1/behaviour")
      let values = try JSONDecoder().decode([String: Double].self, from: data)
      for (name, text) in parameters.sorted(by: { $0.key < $1.key }) {
        guard let wanted = Double(text), let found = values[name], abs(found - wanted) < 1e-6 else {
          return (false, "the provider's \(name) is \(values[name].map { "\($0)" } ?? "unknown"), not \(text)")
        }
      }
      let service = values["latency_ms", default: 0] * values["latency_factor", default: 1]
      if parameters["latency_ms"] != nil || parameters["latency_factor"] != nil { return try await slow(service) }
      let statuses = [("transient_rate", 503), ("error_rate", 500), ("decline_rate", 402)]
      for (name, status) in statuses where values[name, default: 0] > 0 && parameters[name] != nil {
        return try await refuses(with: status)
      }
      return (false, "nobody knows how to look at \(parameters.keys.sorted().joined(separator: ", "))")
    } catch {
      return (false, "\(error)")
    }
  }

  /// A charge takes at least half of what it should: nobody waits for its end.
  private func slow(_ milliseconds: Double) async throws -> (Bool, String) {
    let goal = Duration.milliseconds(max(20, milliseconds / 2))
    let begin = ContinuousClock.now
    let status = try await charge(timeout: goal)
    let took = Int((ContinuousClock.now - begin) / .milliseconds(1))
    if let status { return (false, "a charge was answered with \(status) after \(took) ms") }
    // A broken connection is no slow one.
    return (took * 5 >= Int(goal / .milliseconds(1)) * 4, "a charge had no answer after \(took) ms")
  }

  /// One of many charges, each with a key of its own, is refused.
  private func refuses(with wanted: Int) async throws -> (Bool, String) {
    var tried = 0
    while tried < Self.tries {
      let answers = try await withThrowingTaskGroup(of: Int?.self) { group in
        for _ in 0..<Self.atOnce { group.addTask { try await charge(timeout: .seconds(3)) } }
        return try await group.reduce(into: [Int?]()) { $0.append($1) }
      }
      tried += answers.count
      if answers.contains(wanted) { return (true, "one of \(tried) charges got \(wanted)") }
    }
    return (false, "none of \(tried) charges got \(wanted)")
  }

  /// A charge over nothing, with a key of its own.
  ///
  /// - Returns: its status; `nil` when there was no answer in time.
  private func charge(timeout: Duration) async throws -> Int? {
    let node = try await context.node(of: "provider")
    let url = "http://\(node.address):\(TrialContext.servicePort)/v1/charges"
    let key = "\(TrialContext.ownKeys)\(UInt64.random(in: 0...UInt64.max))"
    return try? await context.http.send(
      "POST", url, headers: [("Idempotency-Key", key)], json: "{\"amount_cents\":0}", timeout: timeout
    ).status
  }
}
