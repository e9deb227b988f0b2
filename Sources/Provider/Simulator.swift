import FleetAPI
import ServiceKit

/// Charges as the behaviour of the moment wants it.
final class Simulator: Sendable {
  let behaviour: Behaviour
  let ledger = Ledger()
  private let gate: FIFOGate

  init(behaviour: Behaviour) {
    self.behaviour = behaviour
    gate = FIFOGate(capacity: behaviour.values.capacity)
  }

  /// Works a charge off, also when nobody waits for the answer any more: a company doesn't see its callers hang up.
  func charge(key: String, amountCents: Int64) async throws -> Ledger.Outcome {
    try await Task.detached { [self] in try await work(key: key, amountCents: amountCents) }.value
  }

  private func work(key: String, amountCents: Int64) async throws -> Ledger.Outcome {
    await gate.enter()
    defer { gate.leave() }
    try await Task.sleep(for: behaviour.values.latency)
    if let known = ledger.find(key: key, amountCents: amountCents) { return known }
    switch behaviour.nextFate() {
    case .charge:
      return ledger.charge(key: key, amountCents: amountCents, at: Timestamp.now())
    case .fail:
      throw ServiceError(500, .providerError, "The charge could not be worked on; nothing was charged.")
    case .decline:
      throw ServiceError(402, .paymentDeclined, "The charge was declined.")
    case .chargeSilently:
      _ = ledger.charge(key: key, amountCents: amountCents, at: Timestamp.now())
      throw ServiceError(500, .providerError, "The charge could not be answered.")
    }
  }

  func apply(_ change: ProviderBehaviour) throws {
    try behaviour.apply(change)
    gate.setCapacity(behaviour.values.capacity)
  }
}
