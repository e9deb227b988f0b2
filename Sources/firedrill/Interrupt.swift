import Foundation
import Synchronization

/// Does something on Ctrl-C, SIGTERM or SIGHUP until it is cancelled.
///
/// Those that are in force at a time are nested: a signal is for the innermost one, and when that is cancelled the next
/// one is there again. After the last one a signal ends the process, as it does before the first.
final class Interrupt: Sendable {
  private struct State {
    var count = 0
    var actions: [(id: Int, action: @Sendable () -> Void)] = []
    /// Kept once there are any: of two for one signal, made while the other is going, neither may get it.
    var sources: [any DispatchSourceSignal] = []
  }

  private static let state = Mutex(State())
  private let id: Int

  init(_ action: @escaping @Sendable () -> Void) {
    id = Self.state.withLock { state in
      state.count += 1
      state.actions.append((state.count, action))
      if state.sources.isEmpty { state.sources = Self.take() }
      return state.count
    }
  }

  func cancel() { Self.state.withLock { state in state.actions.removeAll { $0.id == id } } }

  private static func take() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM, SIGHUP].compactMap { number in
      // nohup's children go on when the terminal is gone.
      let before = unsafeBitCast(signal(number, SIG_IGN), to: Int.self)
      if number == SIGHUP, before == unsafeBitCast(SIG_IGN, to: Int.self) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if let innermost = state.withLock({ $0.actions.last }) { return innermost.action() }
        signal(number, SIG_DFL)
        kill(getpid(), number)
      }
      source.resume()
      return source
    }
  }
}
