import CPlatform
import Glibc

/// One socket of a connection.
final class Socket {
  var descriptor: Int32
  /// What epoll watches it for.
  var interest: UInt32 = 0
  /// Whether epoll watches it at all. A broken socket that nobody reads now would wake the loop for ever.
  var isWatched = true

  init(_ descriptor: Int32) { self.descriptor = descriptor }
}

/// A client's connection and the one to the target that belongs to it.
final class Connection {
  enum State {
    /// The target is looked up or dialled, or a black hole keeps that from beginning.
    case waiting, dialling, established, ended
  }

  let link: Link
  /// Its number on its link, from 0.
  let number: Int
  let slot: Int
  let generation: UInt32
  let accepted: UInt64
  let client: Socket
  let target = Socket(-1)
  let upstream: Flow
  let downstream: Flow
  var state = State.waiting
  /// When dialling is given up.
  var dialDeadline: UInt64 = .max
  /// Addresses not tried yet, next one last.
  var addresses: [cplatform_address] = []
  /// Toxics that act on the connection as a whole, and since when.
  var attachments: [Attachment] = []
  /// When a connection that was cut off in good order is dropped, if its ends haven't closed by then.
  var lingerDeadline: UInt64 = .max
  /// The earliest moment for which a timer of the connection is set.
  var timer: UInt64 = .max

  init(link: Link, number: Int, slot: Int, generation: UInt32, client descriptor: Int32, accepted: UInt64) {
    self.link = link
    self.number = number
    self.slot = slot
    self.generation = generation
    self.accepted = accepted
    client = Socket(descriptor)
    upstream = Flow(.upstream, from: client, to: target)
    downstream = Flow(.downstream, from: target, to: client)
  }

  func token(_ part: Token.Part) -> Token { Token(part: part, slot: slot, generation: generation) }

  func flow(_ direction: Direction) -> Flow { direction == .upstream ? upstream : downstream }
}
