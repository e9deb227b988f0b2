/// The answer to `GET /v1/links`.
struct LinksReply: Codable, Sendable, Equatable {
  struct Link: Codable, Sendable, Equatable {
    var name: String
    var port: Int
    var target: String
    /// False while a toxic refuses connections.
    var accepting: Bool
    var toxics: Int
  }

  var links: [Link]
}

/// The answer to `GET /v1/connections`: counts since the start, and what is open now.
struct ConnectionsReply: Codable, Sendable, Equatable {
  struct Link: Codable, Sendable, Equatable {
    var link: String
    var open: Int
    var accepted: Int
    /// Connections whose target could not be reached.
    var failed: Int
    var bytesUpstream: Int
    var bytesDownstream: Int

    enum CodingKeys: String, CodingKey {
      case link, open, accepted, failed
      case bytesUpstream = "bytes_upstream"
      case bytesDownstream = "bytes_downstream"
    }
  }

  var open: Int
  /// Bytes that wait in the proxy.
  var held: Int
  var links: [Link]
}

/// The answer to `DELETE /v1/toxics` and `DELETE /v1/toxics/{id}`.
struct RemovedReply: Codable, Sendable, Equatable {
  /// How many toxics were ended; 0 is fine too.
  var removed: Int
}

/// The answer to `GET /v1/toxics`.
struct ToxicsReply: Codable, Sendable, Equatable {
  var toxics: [ToxicReply]
}

extension Link {
  var reply: ConnectionsReply.Link {
    ConnectionsReply.Link(
      link: spec.name, open: open, accepted: accepted, failed: failedDials, bytesUpstream: bytes[0],
      bytesDownstream: bytes[1])
  }
}
