import CPlatform
import Foundation
import Testing

@testable import Engine

/// A client of the guardian's and the descriptor that it took over.
@Suite struct GuardianClientTests {
  /// Numbers of descriptors are used again: what has ours after us must not be cut off with us.
  @Test func aClientThatGoesLeavesOthersAlone() async throws {
    var ours: Int32 = 0
    var theirs: Int32 = 0
    try #require(firedrill_socket_pair(&ours, &theirs) == 0)
    // High up, where nobody else takes it meanwhile.
    let number = fcntl(ours, F_DUPFD_CLOEXEC, 700)
    close(ours)
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    var client: GuardianClient? = GuardianClient(descriptor: number, onClose: { end.finish() })
    close(theirs)
    for await _ in ends {}
    #expect(client != nil)
    var left: Int32 = 0
    var right: Int32 = 0
    try #require(firedrill_socket_pair(&left, &right) == 0)
    try #require(fcntl(left, F_DUPFD_CLOEXEC, number) == number)
    client = nil
    #expect(send(number, "x", 1, Int32(MSG_NOSIGNAL)) == 1)
    for descriptor in [number, left, right] { close(descriptor) }
  }

  @Test func aClientThatNobodyHoldsIsClosed() throws {
    var ours: Int32 = 0
    var theirs: Int32 = 0
    try #require(firedrill_socket_pair(&ours, &theirs) == 0)
    defer { close(theirs) }
    var client: GuardianClient? = GuardianClient(descriptor: ours)
    #expect(client != nil)
    client = nil
    var entry = pollfd(fd: theirs, events: Int16(POLLIN), revents: 0)
    try #require(poll(&entry, 1, 5000) == 1)
    var byte: UInt8 = 0
    #expect(recv(theirs, &byte, 1, 0) == 0)
  }
}
