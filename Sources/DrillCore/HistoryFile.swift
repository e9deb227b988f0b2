#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Reading and writing of histories: JSON Lines, one event a line, keys in alphabetical order.
public enum HistoryFile {
  /// A line that can't be read.
  public struct Broken: Error, Equatable, CustomStringConvertible {
    /// The line's number, from 1.
    public var line: Int
    /// What is wrong with it.
    public var problem: String

    /// `history line 7: it ends in the middle`
    public var description: String { "history line \(line): \(problem)" }
  }

  /// One event as one line, without its line feed.
  ///
  /// - Throws: `EncodingError` when a number has no JSON form (an infinite sample).
  public static func line(for event: Event) throws -> Data {
    if case .request(let request) = event.kind { return request.line(at: event.at) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(event)
  }

  /// A whole history as the bytes of its file.
  ///
  /// - Throws: as `line(for:)`.
  public static func encode(_ history: History) throws -> Data {
    var data = Data()
    for event in history.events {
      data.append(try line(for: event))
      data.append(0x0A)
    }
    return data
  }

  /// The history in the bytes of a file.
  ///
  /// - Throws: `Broken` with the first line that can't be read; also for a last line without a line feed, for such a
  ///   file was cut off while it was written.
  public static func decode(_ data: Data) throws -> History {
    guard !data.isEmpty else { throw Broken(line: 1, problem: "the history is empty") }
    let decoder = JSONDecoder()
    var events: [Event] = []
    var number = 0
    var rest = data[...]
    while !rest.isEmpty {
      number += 1
      guard let end = rest.firstIndex(of: 0x0A) else {
        throw Broken(line: number, problem: "it ends in the middle: the history was cut off")
      }
      do {
        events.append(try decoder.decode(Event.self, from: Data(rest[rest.startIndex..<end])))
      } catch let error as DecodingError {
        throw Broken(line: number, problem: describe(error))
      }
      rest = rest[rest.index(after: end)...]
    }
    return History(events)
  }

  private static func describe(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "the field '\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? context.debugDescription
        : "the field '\(context.codingPath.map(\.stringValue).joined(separator: "."))': \(context.debugDescription)"
    @unknown default: "it is no event"
    }
  }
}
