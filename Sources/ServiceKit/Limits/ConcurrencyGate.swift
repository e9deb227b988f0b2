import Resilience
import Synchronization

/// A `ConcurrencyLimit` that tasks wait at.
final class ConcurrencyGate: Sendable {
  enum Outcome: Sendable, Equatable {
    /// It is inside and must call `leave()`.
    case admitted
    case refused(ConcurrencyLimit.Refusal)
    /// Its task was cancelled while it waited.
    case cancelled
  }

  private struct State {
    var limit: ConcurrencyLimit
    var tickets: ConcurrencyLimit.Ticket = 0
    var waiting: [ConcurrencyLimit.Ticket: CheckedContinuation<Outcome, Never>] = [:]
  }

  private let state: Mutex<State>

  init(_ settings: ConcurrencyLimit.Settings) {
    state = Mutex(State(limit: ConcurrencyLimit(settings)))
  }

  /// How many are inside, and how many wait.
  var load: (inside: Int, waiting: Int) { state.withLock { ($0.limit.inside, $0.limit.waiting) } }

  /// Waits to be let in, at most as long as the limit allows and until the deadline.
  func enter(until deadline: Deadline? = nil) async -> Outcome {
    if Task.isCancelled { return .cancelled }
    let ticket = state.withLock { state in
      state.tickets += 1
      return state.tickets
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        carryOut(until: deadline) { state in
          state.waiting[ticket] = continuation
          return state.limit.arrive(ticket, at: .now)
        }
      }
    } onCancel: {
      giveUp(ticket, as: .cancelled)
    }
  }

  /// Gives the place back.
  func leave() {
    carryOut { state in state.limit.leave(at: .now) }
  }

  private func carryOut(
    until deadline: Deadline? = nil, _ change: (inout State) -> [ConcurrencyLimit.Action]
  ) {
    var resumed: [(CheckedContinuation<Outcome, Never>, Outcome)] = []
    var alarms: [(ConcurrencyLimit.Ticket, Deadline.Instant)] = []
    state.withLock { state in
      for action in change(&state) {
        switch action {
        case .admit(let ticket):
          if let continuation = state.waiting.removeValue(forKey: ticket) { resumed.append((continuation, .admitted)) }
        case .refuse(let ticket, let refusal):
          guard let continuation = state.waiting.removeValue(forKey: ticket) else { continue }
          resumed.append((continuation, .refused(refusal)))
        case .wait(let ticket, let until):
          alarms.append((ticket, deadline.map { min($0.instant, until) } ?? until))
        }
      }
    }
    // Resumed tasks may come back here at once: never under the lock.
    for (continuation, outcome) in resumed { continuation.resume(returning: outcome) }
    for (ticket, time) in alarms {
      Task {
        try? await Task.sleep(until: time, clock: .continuous)
        giveUp(ticket, as: .refused(.queueTimeout))
      }
    }
  }

  /// Ends the wait of who still waits.
  private func giveUp(_ ticket: ConcurrencyLimit.Ticket, as outcome: Outcome) {
    let continuation = state.withLock { state in
      state.limit.abandon(ticket) ? state.waiting.removeValue(forKey: ticket) : nil
    }
    continuation?.resume(returning: outcome)
  }
}
