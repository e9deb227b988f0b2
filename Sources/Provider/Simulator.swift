import FleetAPI
import Metrics
import NIOCore
import ServiceKit
import ServiceLifecycle

/// Charges as the behaviour of the moment wants it.
final class Simulator: Sendable {
  let behaviour: Behaviour
  let ledger = Ledger()
  private let tally = Tally()
  private let gate: FIFOGate
  private let queue = Meter(label: "provider_queue_length")

  init(behaviour: Behaviour) {
    self.behaviour = behaviour
    gate = FIFOGate(capacity: behaviour.values().capacity)
  }

  /// Works a charge off, also when nobody waits for the answer any more: a company doesn't see its callers hang up.
  /// - Parameter channel: where the caller is, only to count those who left.
  func charge(key: String, amountCents: Int64, channel: any Channel) async throws -> Ledger.Outcome {
    let attempt = tally.receive(key: key)
    let task = Task.detached { [self] in try await work(key: key, amountCents: amountCents, attempt: attempt) }
    let result = await task.result
    if await HangUp.happened(on: channel) { tally.abandon() }
    do {
      return try result.get()
    } catch let silence as Silence {
      // The work is done and its place free; only the caller knows nothing of it.
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: silence.duration) }
      throw ServiceError(500, .providerError, "The charge could not be answered.")
    }
  }

  private struct Silence: Error { var duration: Duration }

  private func work(key: String, amountCents: Int64, attempt: Int) async throws -> Ledger.Outcome {
    await gate.enter()
    defer {
      gate.leave()
      queue.set(Int64(gate.waitingCount))
    }
    try await Task.sleep(until: behaviour.end(ofChargeBegunAt: .now), clock: .continuous)
    tally.execute()
    if let known = ledger.find(key: key, amountCents: amountCents) { return known }
    switch behaviour.nextFate(key: key, attempt: attempt) {
    case .charge:
      return ledger.charge(key: key, amountCents: amountCents, at: Timestamp.now())
    case .fail:
      throw ServiceError(500, .providerError, "The charge could not be worked on; nothing was charged.")
    case .failOnce:
      tally.failOnce()
      throw ServiceError(503, .providerError, "The charge can't be worked on right now; nothing was charged.")
    case .decline:
      throw ServiceError(402, .paymentDeclined, "The charge was declined.")
    case .chargeSilently:
      _ = ledger.charge(key: key, amountCents: amountCents, at: Timestamp.now())
      throw Silence(duration: behaviour.values().hang)
    }
  }

  /// Takes a change over, and sees to it that a leased one is undone in time.
  func apply(_ change: BehaviourChange) throws {
    let until = try behaviour.apply(change)
    gate.setCapacity(behaviour.values().capacity)
    guard let until else { return }
    Task { [self] in
      try? await Task.sleep(until: until, clock: .continuous)
      // Values heal by the clock; the gate must be told. By then another lease may hold: its capacity counts.
      gate.setCapacity(behaviour.values().capacity)
    }
  }

  /// Ends a leased change at once.
  func heal() {
    behaviour.heal()
    gate.setCapacity(behaviour.values().capacity)
  }

  var statistics: ProviderStatistics { tally.statistics(waiting: gate.waitingCount) }
}
