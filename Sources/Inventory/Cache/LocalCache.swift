/// A small cache in the instance's own memory, bounded in entries and in time.
///
/// Times are milliseconds since 1970, given by the caller.
struct LocalCache<Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    var end: Int64
  }

  /// The most entries it holds, 1 or more.
  let capacity: Int
  private var entries: [String: Entry] = [:]

  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// How many entries it holds, the expired ones that nobody asked for included.
  var count: Int { entries.count }

  /// What is kept under a key, unless its time is over.
  mutating func get(_ key: String, now: Int64) -> Value? {
    guard let entry = entries[key] else { return nil }
    guard now < entry.end else {
      entries[key] = nil
      return nil
    }
    return entry.value
  }

  /// Keeps something until `end`. A full cache drops what is over, or else what would be over first.
  mutating func put(_ key: String, _ value: Value, until end: Int64, now: Int64) {
    guard now < end else { return }
    if entries.count >= capacity && entries[key] == nil {
      entries = entries.filter { now < $0.value.end }
      if entries.count >= capacity, let first = entries.min(by: { $0.value.end < $1.value.end }) {
        entries[first.key] = nil
      }
    }
    entries[key] = Entry(value: value, end: end)
  }
}
