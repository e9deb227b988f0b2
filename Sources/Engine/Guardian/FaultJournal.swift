import Foundation

/// The guardian's record of faults: a line before one is applied, a line after it is undone, each forced to disk.
final class FaultJournal {
  private struct Line: Codable {
    var injected: FaultRecord?
    var cleared: String?
    var at: Double
  }

  private let descriptor: Int32

  /// Opens the journal for appending; its file has mode 0600.
  init(path: String) throws {
    descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw EngineError("cannot open the journal \(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// Must return before the fault is applied.
  func recordInjection(_ fault: FaultRecord) throws {
    try append(Line(injected: fault, cleared: nil, at: Date().timeIntervalSince1970))
  }

  func recordClearing(of id: String) throws {
    try append(Line(injected: nil, cleared: id, at: Date().timeIntervalSince1970))
  }

  /// Whether a fault of that id was ever applied.
  static func hasFault(_ id: String, at path: String) -> Bool {
    (FileManager.default.contents(atPath: path) ?? Data()).split(separator: UInt8(ascii: "\n")).contains {
      (try? JSONDecoder().decode(Line.self, from: Data($0)))?.injected?.id == id
    }
  }

  private func append(_ line: Line) throws {
    var data = try JSONEncoder().encode(line)
    data.append(UInt8(ascii: "\n"))
    let written = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == data.count, fdatasync(descriptor) == 0 else {
      throw EngineError("cannot write the journal: \(String(cString: strerror(errno)))")
    }
  }
}
