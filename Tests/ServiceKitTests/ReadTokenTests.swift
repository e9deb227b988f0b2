import Testing

@testable import ServiceKit

@Suite struct ReadTokenTests {
  @Test(
    arguments: [
      ("0/0", 0), ("0/16B3748", 0x16B_3748), ("16/B374D848", 0x16_B374_D848), ("FFFFFFFF/FFFFFFFF", UInt64.max),
      ("a/00000001", 0xA_0000_0001),
    ] as [(String, UInt64)])
  func aPlaceInTheLogIsReadAndWritten(text: String, position: UInt64) {
    #expect(LogSequenceNumber(text)?.position == position)
    #expect(LogSequenceNumber(LogSequenceNumber(position: position).description)?.position == position)
  }

  @Test(arguments: ["", "/", "1", "1/", "/1", "1/2/3", "-1/2", "+1/2", "1/ 2", "G/1", "123456789/1", "1/123456789"])
  func whatIsNoPlaceIsRefused(text: String) {
    #expect(LogSequenceNumber(text) == nil)
  }

  @Test func placesCompareAsNumbersAndNotAsTexts() throws {
    let nine = try #require(LogSequenceNumber("9/0"))
    let sixteen = try #require(LogSequenceNumber("10/0"))
    #expect(nine < sixteen)
    #expect(max(nine, sixteen).description == "10/0")
  }

  @Test func behindAPageHeaderThereIsNothingToWaitFor() {
    #expect(LogSequenceNumber(position: 8192 * 5 + 24).endOfLastRecord.position == 8192 * 5)
    #expect(LogSequenceNumber(position: 8192 * 5 + 32).endOfLastRecord.position == 8192 * 5 + 32)
    #expect(LogSequenceNumber(position: 8192 * 5).endOfLastRecord.position == 8192 * 5)
  }

  @Test func tokensComeBackAsTheyWent() {
    for token in [
      ReadToken.applied(.init(position: 0x16_B374_D848)), .applied(.init(position: .max)), .primary(until: 0),
      .primary(until: 1_795_000_000_000),
    ] {
      let text = token.text(service: "order")
      #expect(ReadToken(text, service: "order") == token, "\(text)")
      #expect(ReadToken(text, service: "inventory") == nil)
    }
  }

  @Test(arguments: [
    "", "order", "order-", "order-l", "order-l1", "order-x0000000000000001", "order-l000000000000000g",
    "order-l-000000000000001", "order-pffffffffffffffff", "order-l00000000000000001", "ORDER-l0000000000000001",
    "order-l0000000000000001 ", "'; DROP TABLE orders; --",
  ])
  func whatIsNoTokenIsIgnored(text: String) {
    #expect(ReadToken(text, service: "order") == nil)
    #expect(ReadDemand([text], service: "order", now: 0, longest: .seconds(5)) == ReadDemand([], service: "order"))
  }

  @Test func theStricterTokenCounts() {
    let low = ReadToken.applied(.init(position: 5)).text(service: "order")
    let high = ReadToken.applied(.init(position: 7)).text(service: "order")
    let until = ReadToken.primary(until: 4000).text(service: "order")
    let demand = ReadDemand(["\(high),\(low), \(until)"], service: "order", now: 0, longest: .seconds(5))
    #expect(demand.applied?.position == 7)
    #expect(demand.primaryUntil == 4000)
  }

  @Test func nobodyChoosesThePrimaryForGood() {
    let far = ReadToken.primary(until: 60_000).text(service: "order")
    #expect(ReadDemand([far], service: "order", now: 40_000, longest: .seconds(5)).primaryUntil == nil)
    #expect(ReadDemand([far], service: "order", now: 55_000, longest: .seconds(5)).primaryUntil == 60_000)
  }
}
