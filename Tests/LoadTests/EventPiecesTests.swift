import DrillCore
import Testing

@testable import Load

@Suite struct EventPiecesTests {
  /// Around each place where a piece ends.
  @Test(arguments: [0, 1, 1023, 1024, 1025, 2048, 3000]) func nothingIsLostOrDoubled(count: Int) {
    var pieces = EventPieces()
    for number in 0..<count { pieces.append(Event(at: Int64(number), .note(NoteEvent(text: "\(number)")))) }
    #expect(pieces.count == count)
    for index in [0, 1, 1023, 1024, 1025, 2047, 2048, count - 1, count, count + 1] where index >= 0 {
      let expected = index < count ? Array(index..<count) : []
      #expect(pieces.events(from: index).map { Int($0.at) } == expected, "from \(index)")
    }
  }

  @Test func whatWasTakenDoesNotChange() {
    var pieces = EventPieces()
    pieces.append(Event(at: 1, .note(NoteEvent(text: "first"))))
    let taken = pieces
    pieces.append(Event(at: 2, .note(NoteEvent(text: "second"))))
    #expect(taken.count == 1 && taken.events(from: 0).count == 1)
  }
}
