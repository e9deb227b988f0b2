import CPlatform
import Foundation
import Synchronization

/// Talks to a guardian: orders out, answers and news in.
public final class GuardianClient: Sendable {
  private struct State {
    var nextID = 1
    var waiting: [Int: CheckedContinuation<GuardianReply, any Error>] = [:]
    var closed = false
  }

  private let state = Mutex(State())
  private let writing = Mutex(())
  private let descriptor: Int32
  private let link: Link

  /// Ends and closes a descriptor once: its number may be somebody else's afterwards.
  private final class Link: Sendable {
    private let open: Mutex<Int32?>

    init(_ descriptor: Int32) { open = Mutex(descriptor) }

    func end() { open.withLock { if let descriptor = $0 { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) } } }

    func close() {
      open.withLock { descriptor in
        if let descriptor { Glibc.close(descriptor) }
        descriptor = nil
      }
    }
  }

  /// What the guardian tells without being asked.
  enum News: Sendable {
    case node(NodeRecord)
    case cleared(FaultRecord)
  }

  /// Takes over a connected, blocking descriptor. `onNews` is called for every change, `onClose` once at the end.
  init(
    descriptor: Int32, onNews: @escaping @Sendable (News) -> Void = { _ in },
    onClose: @escaping @Sendable () -> Void = {}
  ) {
    self.descriptor = descriptor
    link = Link(descriptor)
    let reader = Thread { [weak self, link] in
      Self.readLines(descriptor) { reply in
        if let id = reply.id { return self?.finish(id, with: .success(reply)) ?? () }
        if let node = reply.node { onNews(.node(node)) }
        if let fault = reply.cleared { onNews(.cleared(fault)) }
      }
      self?.closeAll()
      link.close()
      onClose()
    }
    reader.name = "guardian-client"
    reader.start()
  }

  // The reader then comes to its end, and closes it.
  deinit { link.end() }

  /// Connects to the guardian of a lab; throws when there is none.
  public static func connect(_ run: RunDirectory) throws -> GuardianClient {
    let descriptor = firedrill_connect(run.guardianSocket)
    guard descriptor >= 0 else { throw EngineError("no lab runs here (\(String(cString: strerror(errno))))") }
    return GuardianClient(descriptor: descriptor)
  }

  /// Sends an order and waits for its answer; throws what the guardian says against it, or after `timeout`.
  @discardableResult
  func send(_ order: GuardianOrder, timeout: Duration = .seconds(30)) async throws -> GuardianReply {
    let id = state.withLock { state in
      defer { state.nextID += 1 }
      return state.nextID
    }
    let expiry = Task { [weak self] in
      try await Task.sleep(for: timeout)
      self?.finish(id, with: .failure(EngineError("the guardian did not answer within \(timeout)")))
    }
    defer { expiry.cancel() }
    let reply = try await withCheckedThrowingContinuation { continuation in
      let closed = state.withLock { state in
        if !state.closed { state.waiting[id] = continuation }
        return state.closed
      }
      if closed { return continuation.resume(throwing: EngineError("the guardian is gone")) }
      do { try write(GuardianRequest(id: id, order: order)) } catch { finish(id, with: .failure(error)) }
    }
    if let error = reply.error { throw EngineError(error, code: reply.isHostTrouble == true ? .missingPart : .failed) }
    return reply
  }

  /// Ends the lab: every node and the guardian. Returns when all are gone and the run folder is removed.
  ///
  /// - Parameter seconds: the most that a node gets to end, whatever its `stop_grace_period`.
  public func shutdown(within seconds: Double? = nil, timeout: Duration = .seconds(30)) async throws {
    do {
      try await send(.shutdown(within: seconds), timeout: timeout)
    } catch let error as EngineError where error.description == "the guardian is gone" {
      return
    }
  }

  /// The first process of each node that runs.
  public func pids() async throws -> [Int32] {
    (try await send(.list, timeout: .seconds(5)).nodes ?? []).compactMap(\.pid)
  }

  /// Makes sure that a controller runs.
  public func ensureController() async throws { try await send(.ensureController) }

  private func write(_ request: GuardianRequest) throws {
    var line = try JSONEncoder().encode(request)
    line.append(UInt8(ascii: "\n"))
    try writing.withLock { _ in
      var rest = line[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          throw EngineError("the guardian is gone")
        }
      }
    }
  }

  private func finish(_ id: Int, with result: Result<GuardianReply, any Error>) {
    state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(with: result)
  }

  private func closeAll() {
    let waiting = state.withLock { state in
      state.closed = true
      defer { state.waiting = [:] }
      return state.waiting.values.map { $0 }
    }
    waiting.forEach { $0.resume(throwing: EngineError("the guardian is gone")) }
  }

  private static func readLines(_ descriptor: Int32, _ handle: (GuardianReply) -> Void) {
    var pending = Data()
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      pending.append(contentsOf: chunk[..<count])
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(pending[pending.startIndex..<end])
        pending = Data(pending[pending.index(after: end)...])
        if let reply = try? JSONDecoder().decode(GuardianReply.self, from: line) { handle(reply) }
      }
    }
  }
}
