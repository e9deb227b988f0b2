import Metrics
import NIOCore
import Synchronization

/// Products in this instance's memory for a short while.
final class ReplyCache: Sendable {
  private struct Entry {
    var bytes: ByteBuffer
    var expiry: ContinuousClock.Instant
  }

  private let ttl: Duration
  private let entries = Mutex<[String: Entry]>([:])
  private let hits = Counter(label: "cache_requests_total", dimensions: [("cache", "replies"), ("result", "hit")])
  private let misses = Counter(label: "cache_requests_total", dimensions: [("cache", "replies"), ("result", "miss")])
  private static let mostEntries = 1000

  init(ttl: Duration) {
    self.ttl = ttl
  }

  /// What is kept for a path and not too old.
  func find(_ path: String, at now: ContinuousClock.Instant = .now) -> ByteBuffer? {
    let bytes = entries.withLock { entries in entries[path].flatMap { $0.expiry > now ? $0.bytes : nil } }
    if bytes == nil { misses.increment() } else { hits.increment() }
    return bytes
  }

  /// Keeps a reply.
  func keep(_ path: String, _ bytes: ByteBuffer, at now: ContinuousClock.Instant = .now) {
    entries.withLock { entries in
      if entries.count >= Self.mostEntries { entries = entries.filter { $0.value.expiry > now } }
      if entries.count >= Self.mostEntries { entries.removeAll() }
      entries[path] = Entry(bytes: bytes, expiry: now + ttl)
    }
  }
}
