internal import CHiredis
import Glibc

/// Owns one hiredis context. hiredis frees it by itself when the connection ends; the clean-up hook tells us so.
@Reactor
final class RedisContext: ReactorHandler {
  private var raw: UnsafeMutablePointer<redisAsyncContext>?
  private let connected: @Reactor (RedisContext) -> Void
  private var lost: (@Reactor (String) -> Void)?
  private var watched: (fd: Int32, token: UInt64)?
  private var wantsRead = false
  private var wantsWrite = false
  private var interest: Readiness = []
  private var isFlushPlanned = false
  private var isConnected = false
  /// hiredis is answering the kernel's word that the socket is ready.
  private var isHandling = false
  /// Keeps this object for the hooks, which hold only its address, until the clean-up.
  private var anchor: RedisContext?
  private let address: String
  private let port: Int

  init(
    address: String, port: Int, connected: @escaping @Reactor (RedisContext) -> Void,
    lost: @escaping @Reactor (String) -> Void
  ) {
    self.address = address
    self.port = port
    self.connected = connected
    self.lost = lost
  }

  /// Begins to connect; `connected` or `lost` follow, perhaps at once.
  func start() {
    guard let raw = redisAsyncConnect(address, Int32(port)) else { return fail("out of memory") }
    guard raw.pointee.err == 0 else {
      let reason = String(cString: raw.pointee.errstr)
      redisAsyncFree(raw)
      return fail(reason)
    }
    self.raw = raw
    anchor = self
    let fd = raw.pointee.c.fd
    // Children of this process must not hold the connection open.
    _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
    let me = Unmanaged.passUnretained(self).toOpaque()
    raw.pointee.data = me
    raw.pointee.ev.data = me
    raw.pointee.ev.addRead = { RedisContext.enter($0) { $0.want(read: true) } }
    raw.pointee.ev.delRead = { RedisContext.enter($0) { $0.want(read: false) } }
    raw.pointee.ev.addWrite = { RedisContext.enter($0) { $0.want(write: true) } }
    raw.pointee.ev.delWrite = { RedisContext.enter($0) { $0.want(write: false) } }
    raw.pointee.ev.cleanup = { RedisContext.enter($0) { $0.cleanedUp() } }
    watched = (fd, Reactor.loop.watch(fd, [], self))
    redisAsyncSetConnectCallback(raw) { context, status in
      let wasSuccessful = status == REDIS_OK
      RedisContext.enter(context?.pointee.data) { $0.connectEnded(wasSuccessful) }
    }
  }

  /// Queues a command; it is written at the end of the reactor's turn with all others. `done` gets nil when the
  /// connection ends before the reply.
  func send(_ command: RedisCommand, _ done: @escaping @Reactor (RedisValue?) -> Void) {
    guard let raw else { return done(nil) }
    let box = Unmanaged.passRetained(ReplyBox(done))
    let status = command.bytes.withUnsafeBytes { bytes in
      redisAsyncFormattedCommand(
        raw,
        { _, reply, pointer in
          guard let pointer else { return }
          let box = Unmanaged<ReplyBox>.fromOpaque(pointer).takeRetainedValue()
          let value = reply.map { RedisValue($0.assumingMemoryBound(to: redisReply.self).pointee) }
          Reactor.assumeIsolated { box.done(value) }
        }, box.toOpaque(), bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    if status != REDIS_OK {
      box.release()
      done(nil)
    }
  }

  /// Ends the connection at once; commands without a reply get nil. `lost` is not called.
  func close() {
    lost = nil
    if let raw { redisAsyncFree(raw) }
  }

  func ready(_ readiness: Readiness) {
    // hiredis learns of errors by reading or writing.
    let isBroken = readiness.contains(.broken)
    isHandling = true
    defer { isHandling = false }
    if let raw, readiness.contains(.read) || (isBroken && wantsRead) { redisAsyncHandleRead(raw) }
    if let raw, readiness.contains(.write) || (isBroken && wantsWrite) { redisAsyncHandleWrite(raw) }
    if isBroken, raw != nil, !wantsRead, !wantsWrite { close(because: "the connection broke") }
  }

  // MARK: Hooks of hiredis

  private nonisolated static func enter(_ pointer: UnsafeMutableRawPointer?, _ body: @Reactor (RedisContext) -> Void) {
    guard let pointer else { return }
    // hiredis calls its hooks only inside its own functions, which only the reactor calls.
    let context = Unmanaged<RedisContext>.fromOpaque(pointer).takeUnretainedValue()
    Reactor.assumeIsolated { body(context) }
  }

  private func connectEnded(_ wasSuccessful: Bool) {
    isConnected = wasSuccessful
    guard wasSuccessful else { return }
    // Not inside hiredis' own callback, where its context is half way through.
    Reactor.loop.atEndOfTurn { [self] in if raw != nil { connected(self) } }
  }

  private func cleanedUp() {
    let reason = raw.map { $0.pointee.err == 0 ? "closed" : String(cString: $0.pointee.errstr) } ?? "closed"
    if let watched { Reactor.loop.unwatch(watched.fd, token: watched.token) }
    watched = nil
    raw = nil
    // hiredis is still in the middle of freeing.
    Reactor.loop.atEndOfTurn { [self] in
      fail(reason)
      anchor = nil
    }
  }

  private func close(because reason: String) {
    let lost = self.lost
    close()
    lost?(reason)
  }

  private func fail(_ reason: String) {
    let lost = self.lost
    self.lost = nil
    lost?(reason)
  }

  private func want(read: Bool) {
    wantsRead = read
    updateInterest()
  }

  private func want(write: Bool) {
    wantsWrite = write
    guard isConnected, write, !isHandling else { return updateInterest() }
    // The socket most likely takes it now: try before asking the kernel to tell when.
    if isFlushPlanned { return }
    isFlushPlanned = true
    Reactor.loop.atEndOfTurn { [weak self] in
      guard let self else { return }
      if let raw, wantsWrite { redisAsyncHandleWrite(raw) }
      isFlushPlanned = false
      updateInterest()
    }
  }

  private func updateInterest() {
    guard let watched else { return }
    var wanted: Readiness = []
    if wantsRead { wanted.insert(.read) }
    if wantsWrite && !isFlushPlanned { wanted.insert(.write) }
    if wanted == interest { return }
    interest = wanted
    Reactor.loop.change(watched.fd, wanted, token: watched.token)
  }
}

/// Carries a callback through hiredis.
private final class ReplyBox: Sendable {
  let done: @Reactor (RedisValue?) -> Void
  init(_ done: @escaping @Reactor (RedisValue?) -> Void) { self.done = done }
}
