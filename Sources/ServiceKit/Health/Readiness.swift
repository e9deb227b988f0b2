import FleetAPI
import Synchronization

/// What an instance needs to do its work, and whether it is there.
public final class Readiness: Sendable {
  /// One thing that is looked at.
  struct Check: Sendable {
    var name: String
    var isCritical: Bool
    var timeout: Duration
    var probe: @Sendable () async throws -> Void
  }

  /// What came out.
  struct Report: Sendable, Encodable {
    /// `ready` or `not_ready`.
    var status: String
    /// By name: `ok`, or why not.
    var checks: [String: String]
    var error: Detail?

    struct Detail: Encodable, Sendable {
      var code: String
      var message: String
    }
  }

  private let checks = Mutex<[Check]>([])

  /// Nothing to look at yet: ready.
  public init() {}

  /// Adds a check.
  /// - Parameters:
  ///   - name: what it is called in the answer of `/readyz`.
  ///   - isCritical: whether the instance can do nothing useful without it.
  ///   - timeout: how long the probe may take.
  ///   - probe: throws when the thing isn't there; what it throws is told by its type only.
  public func add(
    _ name: String, isCritical: Bool, timeout: Duration = .seconds(1),
    probe: @escaping @Sendable () async throws -> Void
  ) {
    checks.withLock { $0.append(Check(name: name, isCritical: isCritical, timeout: timeout, probe: probe)) }
  }

  /// Looks at everything at once.
  func report() async -> Report {
    let checks = self.checks.withLock { $0 }
    let outcomes = await withTaskGroup(of: (Check, String).self) { group in
      for check in checks { group.addTask { (check, await Self.outcome(of: check)) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let missing = outcomes.filter { $0.0.isCritical && $0.1 != "ok" }.map(\.0.name).sorted()
    let words = Dictionary(outcomes.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
    guard !missing.isEmpty else { return Report(status: "ready", checks: words) }
    let message = "This instance can't do its work without: \(missing.joined(separator: ", "))."
    return Report(status: "not_ready", checks: words, error: .init(code: "not_ready", message: message))
  }

  private static func outcome(of check: Check) async -> String {
    do {
      try await withTimeout(check.timeout, check.probe)
      return "ok"
    } catch is TimeoutError {
      return "no answer in time"
    } catch {
      return ErrorMapping.serviceError(for: error).code.rawValue
    }
  }
}
