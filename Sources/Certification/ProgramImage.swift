import Foundation

/// An ELF file of 64 bits, as far as it takes part in what the program does.
///
/// Two builds of the same sources give the same code and the same data, but not the same file: debug information, the
/// identity of the build and the compiler's hash of its own intermediate results differ.
struct ProgramImage {
  /// A section that is loaded.
  struct Section: Equatable {
    var name: String
    /// Where its bytes are in the file; empty for what is only zeros.
    var bytes: Range<Int>
    /// In memory, in bytes.
    var size: Int
  }

  /// Those that count, in the order of the file.
  let sections: [Section]

  /// - Returns: nil for what is no such file, or is cut off.
  init?(_ file: Data) {
    guard file.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]), let table = Self.number(file, 0x28, 8),
      let count = Self.number(file, 0x3C, 2), let names = Self.number(file, 0x3E, 2), names < count,
      table <= file.count - 64 * count
    else { return nil }
    let headers = (0..<count).compactMap { Header(file, at: table + 64 * $0) }
    guard headers.count == count else { return nil }
    var sections: [Section] = []
    for header in headers where header.isLoaded {
      guard let name = Self.text(file, in: headers[names].bytes, from: header.name) else { return nil }
      if name == ".swift_modhash" { continue }
      sections.append(Section(name: name, bytes: header.bytes, size: header.size))
    }
    self.sections = sections
  }

  private struct Header {
    var name: Int
    var isLoaded: Bool
    var bytes: Range<Int>
    var size: Int

    init?(_ file: Data, at place: Int) {
      guard let name = number(file, place, 4), let type = number(file, place + 4, 4),
        let flags = number(file, place + 8, 8), let offset = number(file, place + 24, 8),
        let size = number(file, place + 32, 8)
      else { return nil }
      let (note, zeros, allocated) = (7, 8, 2)
      guard type == zeros || offset <= file.count - size else { return nil }
      self.name = name
      self.size = size
      isLoaded = flags & allocated != 0 && type != note
      bytes = type == zeros ? 0..<0 : offset..<(offset + size)
    }
  }

  /// A number of so many bytes, the lowest first; nil beyond the file, and for what no file has.
  private static func number(_ file: Data, _ place: Int, _ width: Int) -> Int? {
    guard place >= 0, place <= file.count - width else { return nil }
    let begin = file.startIndex + place
    let value = file[begin..<(begin + width)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value < 1 << 48 ? Int(value) : nil
  }

  private static func text(_ file: Data, in table: Range<Int>, from place: Int) -> String? {
    guard place < table.count else { return nil }
    let rest = file[(file.startIndex + table.lowerBound + place)..<(file.startIndex + table.upperBound)]
    return rest.firstIndex(of: 0).map { String(decoding: rest[..<$0], as: UTF8.self) }
  }
}
