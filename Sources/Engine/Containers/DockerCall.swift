import CPlatform
import Foundation

/// What a Docker engine answered.
struct DockerAnswer {
  var status: Int
  var body: Data

  var isSuccess: Bool { (200..<300).contains(status) }

  /// What the engine says against a request: every such answer holds `message`.
  var complaint: String {
    let message = (try? JSONSerialization.jsonObject(with: body) as? [String: Any])?["message"] as? String
    return message ?? "status \(status)"
  }

  /// Reads a whole answer as HTTP/1.0 has it: head, empty line, body up to the end of the stream.
  init(_ data: Data) throws {
    guard let end = data.firstRange(of: Data("\r\n\r\n".utf8)) else {
      throw EngineError("the Docker engine cut its answer off")
    }
    let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ", maxSplits: 2)
    guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw EngineError("what answers is no Docker engine: \(head.prefix(80))")
    }
    self.status = status
    body = Data(data[end.upperBound...])
  }
}

/// One request to a Docker engine and its answer, on a connection of its own, without ever blocking.
///
/// The guardian has one thread, which must not wait, and no event loop but poll(2): so this is no HTTP client, only
/// what the Engine API needs of one (https://docs.docker.com/reference/api/engine/). HTTP/1.0 spares us chunks.
final class DockerCall {
  typealias Completion = (Result<DockerAnswer, EngineError>) -> Void

  /// What an answer has at most, of those that we ask for but files.
  static let limit = 16 << 20

  let descriptor: Int32
  /// Seconds on the guardian's clock.
  let deadline: Double
  private let request: String
  private let mostBytes: Int
  private var output: [UInt8]
  private var input = Data()
  private var completion: Completion?

  /// - Parameter patience: seconds until the call has failed; `infinity` for one that waits for something to happen.
  init(
    socket: String, _ method: String, _ path: String, body: Any? = nil, patience: Double, mostBytes: Int = limit,
    completion: @escaping Completion
  ) throws {
    request = "\(method) \(path.prefix { $0 != "?" })"
    var content = Data()
    if let body { content = try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys]) }
    let head =
      "\(method) \(path) HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(content.count)\r\n\r\n"
    output = Array(head.utf8) + content
    deadline = Guardian.now() + patience
    self.mostBytes = mostBytes
    self.completion = completion
    descriptor = firedrill_connect(socket)
    guard descriptor >= 0 else { throw EngineError.system("no Docker engine answers at \(socket)") }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close(descriptor) }

  var isDone: Bool { completion == nil }
  var events: Int16 { Int16(POLLIN) | (output.isEmpty ? 0 : Int16(POLLOUT)) }

  /// Goes on as far as it can.
  func serve() {
    while !output.isEmpty {
      let count = send(descriptor, output, output.count, Int32(MSG_NOSIGNAL))
      if count < 0, errno == EAGAIN { break }
      if count < 0, errno == EINTR { continue }
      // It may have answered all the same: what it says is what counts.
      guard count > 0 else { break }
      output.removeFirst(count)
    }
    var chunk = [UInt8](repeating: 0, count: 65536)
    while !isDone {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { return end() }
      input.append(contentsOf: chunk[..<count])
      if input.count > mostBytes { return finish(.failure(EngineError("\(request): the answer does not end"))) }
    }
  }

  /// Gives up if it is time.
  func expire(at now: Double) {
    guard now >= deadline else { return }
    finish(.failure(EngineError("the Docker engine did not answer in time: \(request)")))
  }

  private func end() {
    do { finish(.success(try DockerAnswer(input))) } catch let error as EngineError {
      finish(.failure(EngineError("\(request): \(error)")))
    } catch { finish(.failure(EngineError("\(request): \(error)"))) }
  }

  private func finish(_ result: Result<DockerAnswer, EngineError>) {
    let completion = completion
    self.completion = nil
    completion?(result)
  }
}
