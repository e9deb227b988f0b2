import Synchronization

/// What one request must see when it reads, and what it has written.
final class ReadSession: Sendable {
  /// That of the request under way.
  @TaskLocal static var current: ReadSession?

  private struct State {
    var demand: ReadDemand
    var written: ReadToken?
  }

  private let state: Mutex<State>

  init(_ demand: ReadDemand) {
    state = Mutex(State(demand: demand))
  }

  /// What reads must see: what the user has seen written, and what this request wrote itself.
  var demand: ReadDemand { state.withLock { $0.demand } }

  /// What the reply tells the user to come back with; nil: nothing was written.
  var written: ReadToken? { state.withLock { $0.written } }

  /// The request has written, and this names the write. A later write includes the earlier ones.
  func wrote(_ token: ReadToken) {
    state.withLock { state in
      state.demand.add(token)
      state.written = token
    }
  }
}
