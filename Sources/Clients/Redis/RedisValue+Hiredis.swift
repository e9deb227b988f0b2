internal import CHiredis

extension RedisValue {
  /// Copies a reply: hiredis frees its own after the callback.
  init(_ reply: redisReply) {
    switch reply.type {
    case REDIS_REPLY_STATUS: self = .status(Self.text(reply))
    case REDIS_REPLY_ERROR: self = .error(Self.text(reply))
    case REDIS_REPLY_INTEGER: self = .integer(Int(reply.integer))
    case REDIS_REPLY_STRING: self = .bulk(Self.bytes(reply).map(Array.init) ?? [])
    case REDIS_REPLY_ARRAY:
      self = .array(
        (0..<Int(reply.elements)).map { index in
          reply.element[index].map { RedisValue($0.pointee) } ?? .null
        })
    default: self = .null
    }
  }

  private static func bytes(_ reply: redisReply) -> UnsafeRawBufferPointer? {
    reply.str.map { UnsafeRawBufferPointer(start: $0, count: Int(reply.len)) }
  }

  private static func text(_ reply: redisReply) -> String {
    bytes(reply).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
