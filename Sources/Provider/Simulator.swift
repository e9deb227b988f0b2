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
  private let naps = Naps()
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
      let begin = Behaviour.Instant.now
      try? await cancelWhenGracefulShutdown { [naps, behaviour] in
        try await naps.sleep { min(begin + silence.duration, .now + behaviour.values().hang) }
      }
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
    let end = Behaviour.Instant.now + behaviour.values().serviceTime
    // One that is begun under a lease doesn't outlast it by more than it usually takes: then everything is well again.
    try await naps.sleep { [behaviour] in min(end, .now + behaviour.values().serviceTime) }
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
  func apply(_ change: BehaviourChange, lease: String = "") throws {
    let until = try behaviour.apply(change, lease: lease)
    follow()
    guard let until else { return }
    Task { [self] in
      try? await Task.sleep(until: until, clock: .continuous)
      // Values heal by the clock; those who are at work must be told.
      follow()
    }
  }

  /// Ends a leased change at once, or all of them.
  func heal(lease: String? = nil) {
    behaviour.heal(lease: lease)
    follow()
  }

  /// Lets what is at work go by the values of now.
  private func follow() {
    gate.setCapacity(behaviour.values().capacity)
    naps.wake()
  }

  var statistics: ProviderStatistics { tally.statistics(waiting: gate.waitingCount) }
}
