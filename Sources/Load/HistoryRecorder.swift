public import DrillCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif
#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where load, chaos and probes write what they saw: a history in memory and, line by line, in a file.
///
/// Safe to use from everywhere at once. Times are nanoseconds since the recorder was made, by a monotonic clock.
public final class HistoryRecorder: Sendable {
  /// What every time in the history counts from.
  public let origin: ContinuousClock.Instant

  private struct State {
    var events = EventPieces()
    var file: Int32 = -1
    var buffer = Data()
    var problem: String?
  }

  private let state: Mutex<State>
  private static let bufferLimit = 64 * 1024

  /// A history that stays in memory.
  public init() {
    origin = .now
    state = Mutex(State())
  }

  /// A history that is also written to the file `path`, which must not exist yet.
  ///
  /// - Throws: `RecorderError` when the file can't be made.
  public init(path: String) throws {
    origin = .now
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw RecorderError(problem: "\(path): \(String(cString: strerror(errno)))") }
    state = Mutex(State(file: file))
  }

  deinit { state.withLock { if $0.file >= 0 { _ = close($0.file) } } }

  /// Nanoseconds since the recorder was made.
  public var now: Int64 { Self.nanoseconds(origin.duration(to: .now)) }

  /// Records that `kind` happened now, or at the given time.
  public func record(_ kind: Event.Kind, at time: Int64? = nil) {
    let event = Event(at: time ?? now, kind)
    let line = wantsLines ? try? HistoryFile.line(for: event) : nil
    state.withLock { state in
      state.events.append(event)
      guard state.file >= 0 else { return }
      guard let line else {
        state.problem = state.problem ?? "an event has no JSON form"
        return
      }
      state.buffer.append(line)
      state.buffer.append(0x0A)
      if state.buffer.count >= Self.bufferLimit { Self.write(&state) }
    }
  }

  /// Records the beginning of a phase, runs `body`, records its end with the reason that `body` returns.
  public func phase(_ name: String, _ body: () async throws -> String?) async rethrows {
    record(.phase(PhaseEvent(name: name, mark: .begin)))
    do {
      let reason = try await body()
      record(.phase(PhaseEvent(name: name, mark: .end, reason: reason)))
    } catch {
      record(.phase(PhaseEvent(name: name, mark: .end, reason: "error: \(error)")))
      throw error
    }
  }

  /// Everything recorded so far.
  public var history: History { History(events(from: 0)) }

  /// The events from number `index` on, for somebody who follows along.
  public func events(from index: Int) -> [Event] {
    let pieces = state.withLock { $0.events }
    return pieces.events(from: index)
  }

  /// Writes what is still in memory to the file.
  ///
  /// - Throws: `RecorderError` when anything of the history could not be written: such evidence is no evidence.
  public func flush() throws {
    let problem = state.withLock { state in
      Self.write(&state)
      return state.problem
    }
    if let problem { throw RecorderError(problem: problem) }
  }

  private var wantsLines: Bool { state.withLock { $0.file >= 0 } }

  private static func write(_ state: inout State) {
    guard state.file >= 0, !state.buffer.isEmpty else { return }
    var offset = 0
    state.buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      while offset < bytes.count {
        let count = libcWrite(state.file, base + offset, bytes.count - offset)
        if count > 0 {
          offset += count
        } else if errno != EINTR {
          state.problem = state.problem ?? String(cString: strerror(errno))
          return
        }
      }
    }
    state.buffer.removeAll(keepingCapacity: true)
  }

  /// `duration` in nanoseconds.
  public static func nanoseconds(_ duration: Duration) -> Int64 {
    let parts = duration.components
    return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
  }
}

/// A history that can't be written.
public struct RecorderError: Error, CustomStringConvertible {
  /// What the system says.
  public var problem: String

  /// `the history can't be written: No space left on device`
  public var description: String { "the history can't be written: \(problem)" }
}

// Inside the recorder `write` is its own; this is the system's.
private func libcWrite(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(file, bytes, count) }
