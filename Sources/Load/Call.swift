import NIOCore
import NIOHTTP1

/// A request in the terms of HTTP.
struct Call: Sendable {
  var method: String
  /// `http://address[:port]/path`.
  var url: String
  var headers: [(String, String)] = []
  /// JSON.
  var body: String?
}

/// What became of a call.
enum Answer: Sendable {
  case reply(status: Int, headers: HTTPHeaders, body: ByteBuffer)
  /// There is none, and the word says why: `connect` where no connection came about, `timeout` where nobody waited any
  /// longer, `cut` for everything else.
  case cut(String)
}
