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
      var seen: [String] = []
      let service = values["latency_ms", default: 0] * values["latency_factor", default: 1]
      if parameters["latency_ms"] != nil || parameters["latency_factor"] != nil {
        let (isSlow, words) = try await slow(service)
        guard isSlow else { return (false, words) }
        seen.append(words)
      }
      let statuses = [("transient_rate", 503), ("error_rate", 500), ("decline_rate", 402), ("silence_rate", 500)]
      for (name, status) in statuses where values[name, default: 0] > 0 && parameters[name] != nil {
        let silent = name == "silence_rate" ? values["hang_ms", default: 0] : 0
        let (isRefused, words) = try await refuses(with: status, service: service, silent: silent)
        guard isRefused else { return (false, words) }
        seen.append(words)
      }
      // Of its room, of a rate of nothing and of a seed there is nothing to see but by its word, and it is the judge's.
      return (true, seen.isEmpty ? "the provider says so" : seen.joined(separator: "; "))
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

  /// One of many charges, each with a key of its own, is refused; of those that are `silent` for so many ms, one has no
  /// answer for half of that, or is refused after it.
  private func refuses(with wanted: Int, service: Double, silent: Double) async throws -> (Bool, String) {
    let least = Duration.milliseconds(silent / 2)
    // A silence of minutes is not waited for.
    let timeout = Duration.milliseconds(service) + min(.seconds(3), max(least, .milliseconds(300)) * 2)
    let what = silent > 0 ? "no answer for \(Int(silent / 2)) ms" : "\(wanted)"
    var tried = 0
    while tried < Self.tries {
      let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<Self.atOnce {
          group.addTask {
            let begin = ContinuousClock.now
            let status = try await charge(timeout: timeout)
            let took = ContinuousClock.now - begin
            return status == wanted && took >= least || silent > 0 && status == nil && took >= timeout * 0.9
          }
        }
        return try await group.reduce(into: [Bool]()) { $0.append($1) }
      }
      tried += answers.count
      if answers.contains(true) { return (true, "one of \(tried) charges got \(what)") }
    }
    return (false, "none of \(tried) charges got \(what)")
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
