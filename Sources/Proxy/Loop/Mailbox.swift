import CPlatform
import Glibc
import Synchronization

/// How other threads reach the loop.
final class Mailbox: Sendable {
  typealias Letter = @Sendable (ProxyLoop) -> Void

  private struct State {
    var letters: [Letter] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Becomes readable when there is something.
  let wakeup: Int32

  init() {
    wakeup = cplatform_eventfd_create()
    precondition(wakeup >= 0, "eventfd: \(String(cString: strerror(errno)))")
  }

  deinit { close(wakeup) }

  /// Has the loop run `letter`, after all that were sent before.
  /// - Returns: false when the loop has ended.
  @discardableResult
  func send(_ letter: @escaping Letter) -> Bool {
    let (isFirst, isClosed) = state.withLock { state in
      if state.isClosed { return (false, true) }
      state.letters.append(letter)
      return (state.letters.count == 1, false)
    }
    if isFirst { cplatform_eventfd_signal(wakeup) }
    return !isClosed
  }

  /// What was sent since the last call; the loop's side.
  func take() -> [Letter] {
    cplatform_eventfd_clear(wakeup)
    return state.withLock { state in
      defer { state.letters = [] }
      return state.letters
    }
  }

  /// No more letters; returns those that came last.
  func close() -> [Letter] {
    state.withLock { state in
      state.isClosed = true
      defer { state.letters = [] }
      return state.letters
    }
  }

  private func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
