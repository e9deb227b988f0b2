import Foundation
import Testing

@testable import Engine

@Suite struct GuardianNodeTests {
  private func isDeaf(_ number: Int32, blocked: String = "0000000000000000", caught: String) -> Bool {
    GuardianNode.isDeaf(
      to: number, status: "Name:\tx\nSigBlk:\t\(blocked)\nSigIgn:\t0000000080001000\nSigCgt:\t\(caught)\n")
  }

  @Test func whatIsHandledOrBlockedIsHeard() {
    #expect(isDeaf(SIGTERM, caught: "0000000000000000"))
    #expect(!isDeaf(SIGTERM, caught: "0000000100004002"))
    #expect(!isDeaf(SIGINT, caught: "0000000100004002"))
    #expect(isDeaf(SIGQUIT, caught: "0000000100004002"))
    #expect(!isDeaf(SIGTERM, blocked: "0000000000004000", caught: "0000000000000000"))
  }
}
