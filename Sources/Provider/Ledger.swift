import FleetAPI
import ServiceKit
import Synchronization

/// Every charge made, each idempotency key once. It lives as long as the process.
final class Ledger: Sendable {
  enum Outcome: Equatable {
    /// Charged now.
    case charged(ProviderCharge)
    /// Charged before with the same key and amount.
    case known(ProviderCharge)
    /// The key was used for another amount.
    case conflict
  }

  private struct State {
    var charges: [ProviderCharge] = []
    var byKey: [String: Int] = [:]
  }

  private let state = Mutex(State())

  /// Charges once for each key.
  func charge(key: String, amountCents: Int64, at time: String) -> Outcome {
    state.withLock { state in
      if let index = state.byKey[key] {
        let known = state.charges[index]
        return known.amountCents == amountCents ? .known(known) : .conflict
      }
      let number = String(state.charges.count + 1)
      let id = "ch_" + String(repeating: "0", count: max(0, 8 - number.count)) + number
      let charge = ProviderCharge(id: id, idempotencyKey: key, amountCents: amountCents, at: time)
      state.byKey[key] = state.charges.count
      state.charges.append(charge)
      return .charged(charge)
    }
  }

  /// What is known of a key.
  func find(key: String, amountCents: Int64) -> Outcome? {
    state.withLock { state in
      state.byKey[key].map { index in
        state.charges[index].amountCents == amountCents ? .known(state.charges[index]) : .conflict
      }
    }
  }

  /// Every charge, oldest first.
  var charges: [ProviderCharge] { state.withLock { $0.charges } }
}
