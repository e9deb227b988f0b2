import Clients
import Logging
import NIOCore
import ServiceKit

// Recomputing one entry once, however many want it.
extension ProductCache {
  /// Makes an entry for a request that found none, unless somebody else does or did.
  /// - Throws: what `make` throws.
  func load(_ key: String, _ make: Make) async throws -> Load {
    guard let lock else {
      // Between this request's look and its turn the entry may have come.
      if let entry = await fresh(key) { return Load(body: entry.body, isShared: true) }
      return Load(body: try await recompute(key, .miss, make), isShared: false)
    }
    switch await lock.tryAcquire(key) {
    case .acquired(let token): return try await asOwner(of: lock, token, key, make)
    case .failed: return Load(body: try await recompute(key, .miss, make), isShared: false)
    case .busy: lock.noteBusy()
    }
    let deadline = ContinuousClock.now.advanced(by: settings.lockWait)
    var pause = PollPause()
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { break }
      try await Task.sleep(for: min(left, .milliseconds(pause.next(random: .random(in: 0..<1)))))
      if let entry = await fresh(key) { return Load(body: entry.body, isShared: true) }
      // Its owner may have died: then the lock ends, and one of those who wait goes on.
      if case .acquired(let token) = await lock.tryAcquire(key) {
        return try await asOwner(of: lock, token, key, make)
      }
    }
    lock.noteTimeout()
    return Load(body: try await recompute(key, .miss, make), isShared: false)
  }

  /// Has an entry made anew while the old one is served: once in this instance at a time, and once in all of them when
  /// there is a lock.
  func refresh(_ key: String, _ seen: CacheEntry, _ reason: CacheMetrics.Reason, _ make: @escaping Make) {
    _ = flights.join(key) {
      let old = Load(body: seen.body, isShared: true)
      var token: String?
      if let lock = self.lock {
        switch await lock.tryAcquire(key) {
        case .acquired(let ours): token = ours
        case .busy:
          lock.noteBusy()
          return old
        case .failed: break
        }
      }
      do {
        let isReplaced = await self.isReplaced(key, seen)
        let load =
          isReplaced ? old : Load(body: try await self.recompute(key, reason, make), isShared: false)
        if let lock = self.lock, let token { await lock.release(key, token: token) }
        return load
      } catch {
        // Nobody may be waiting for this. Whoever asks next tries again, or finds nothing and gets the error.
        self.logger.warning("an entry can't be refreshed", metadata: ["key": "\(key)", "error": "\(error)"])
        if let lock = self.lock, let token { await lock.release(key, token: token) }
        throw error
      }
    }
  }

  private func asOwner(of lock: RecomputeLock, _ token: String, _ key: String, _ make: Make) async throws -> Load {
    do {
      let load: Load
      if let entry = await fresh(key) {
        load = Load(body: entry.body, isShared: true)
      } else {
        load = Load(body: try await recompute(key, .miss, make), isShared: false)
      }
      await lock.release(key, token: token)
      return load
    } catch {
      await lock.release(key, token: token)
      throw error
    }
  }

  private func fresh(_ key: String) async -> CacheEntry? {
    guard case .entry(let entry) = await look(key), entry.isFresh(at: WallClock.milliseconds()) else { return nil }
    remember(key, entry)
    return entry
  }

  /// Whether the entry that was seen has been replaced by a younger one.
  private func isReplaced(_ key: String, _ seen: CacheEntry) async -> Bool {
    guard case .entry(let entry) = await look(key), let expiry = entry.expiry, expiry > seen.expiry ?? 0 else {
      return false
    }
    remember(key, entry)
    return true
  }
}

/// How long to wait before looking again: growing by half each time up to a limit, and spread so that those who wait
/// don't all come at once.
struct PollPause: Sendable {
  private var step: Double = 10

  /// The next pause in milliseconds, half of a step at least, 100 at most.
  /// - Parameter random: from 0 to 1, evenly distributed.
  mutating func next(random: Double) -> Int64 {
    defer { step = min(100, step * 1.5) }
    return Int64(step / 2 + step / 2 * random)
  }
}
