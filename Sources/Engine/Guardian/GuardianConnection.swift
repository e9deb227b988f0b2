import Foundation

/// One client of the guardian's: lines in, lines out, never blocking.
final class GuardianConnection {
  /// A client that sends more than this without a line's end, or reads nothing of this much, is cut off.
  private static let limit = 16 << 20

  let descriptor: Int32
  /// Whether it is told of every change of a node (the controller is).
  let wantsNews: Bool
  private(set) var isClosed = false
  private var input = Data()
  private var output = Data()

  init(descriptor: Int32, wantsNews: Bool = false) {
    self.descriptor = descriptor
    self.wantsNews = wantsNews
  }

  var hasOutput: Bool { !output.isEmpty }

  /// The whole lines that have come.
  func readLines() -> [Data] {
    var chunk = [UInt8](repeating: 0, count: 65536)
    while !isClosed {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        input.append(contentsOf: chunk[..<count])
        if input.count > Self.limit { isClosed = true }
      } else {
        if count == 0 || (errno != EAGAIN && errno != EINTR) { isClosed = true }
        break
      }
    }
    var lines: [Data] = []
    while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(Data(input[input.startIndex..<end]))
      input = Data(input[input.index(after: end)...])
    }
    return lines
  }

  func send(_ reply: GuardianReply) {
    guard let line = try? JSONEncoder().encode(reply) else { return }
    output.append(line)
    output.append(UInt8(ascii: "\n"))
    if output.count > Self.limit { isClosed = true }
    flush()
  }

  func flush() {
    while !output.isEmpty, !isClosed {
      let count = output.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        output = Data(output.dropFirst(count))
      } else {
        if errno != EAGAIN && errno != EINTR { isClosed = true }
        return
      }
    }
  }

  /// Ends it: what is still to be answered is answered to nobody.
  func cut() {
    isClosed = true
    close(descriptor)
  }

  /// Tells the client that everything has ended: end of stream is the answer to `shutdown`.
  func flushShutdown() {
    flush()
    close(descriptor)
  }
}
