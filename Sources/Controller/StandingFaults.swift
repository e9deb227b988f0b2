import DrillCore
import Engine

/// The faults that a scenario's lab has for as long as it runs: each under a lease, and put back when it is over.
///
/// Whoever clears one by hand has it back soon. A trainee's repair has to live with it.
actor StandingFaults {
  private static let lease = 3600.0
  private static let look: Duration = .seconds(5)
  private let plans: [FaultPlan]
  private let seed: UInt64
  private var keeper: Task<Void, Never>?

  init(_ plans: [FaultPlan], seed: UInt64) {
    self.plans = plans
    self.seed = seed
  }

  deinit { keeper?.cancel() }

  /// Injects what is missing, and goes on looking after it, also when something could not be injected now.
  ///
  /// - Parameter isBusy: while it says so nothing is put back: a grade clears these faults and injects its own.
  func keep(on engine: any Engine, unless isBusy: @escaping @Sendable () async -> Bool) async throws {
    guard !plans.isEmpty, keeper == nil else { return }
    keeper = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.look)
        guard await !isBusy() else { continue }
        // A node that is down or being rebuilt can't be hurt: the next look tries again.
        try? await self?.putBack(on: engine)
      }
    }
    try await putBack(on: engine)
  }

  private func putBack(on engine: any Engine) async throws {
    let active = try await engine.activeFaults()
    let nodes = try await engine.nodes()
    for (index, plan) in plans.enumerated() {
      var random = SeededRandom(seed: seed, name: "standing.\(index)")
      let parameters = plan.drawn(from: &random) { service in nodes.filter { $0.service == service }.map(\.name) }
      // Any of the kind will do: a grade puts its own in the place of this one.
      guard !active.contains(where: { $0.kind == plan.kind }) else { continue }
      _ = try await engine.inject(FaultRequest(kind: plan.kind, parameters: parameters, lease: Self.lease))
    }
  }
}
