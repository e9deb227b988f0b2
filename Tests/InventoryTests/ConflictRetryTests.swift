import Clients
import FleetAPI
import ServiceKit
import Testing

@testable import Inventory

@Suite struct ConflictRetryTests {
  private func postgres(_ state: String, _ code: PostgresError.Code = .server) -> PostgresError {
    PostgresError(code: code, sqlState: state, message: "ERROR:  deadlock detected")
  }

  @Test func onlyWhatIsListedIsTriedAgain() {
    let retry = ConflictRetry(sqlStates: ["40P01"])
    #expect(retry.reason(for: postgres("40P01", .deadlockDetected)) == "40P01")
    #expect(retry.reason(for: postgres("55P03")) == nil)
    #expect(ConflictRetry().reason(for: postgres("40P01")) == nil)
    #expect(ConflictRetry().reason(for: VersionConflict(sku: "A")) == "version")
    #expect(ConflictRetry(sqlStates: ["57014"]).reason(for: postgres("57014", .commitUnknown)) == nil)
    #expect(retry.reason(for: ServiceError.unknownProduct("A")) == nil)
  }

  @Test func retriesAreBoundedAndTheirPausesDouble() {
    let retry = ConflictRetry(limit: 8, backoff: .milliseconds(10))
    #expect(
      (0..<8).map { retry.pause(attempt: $0, random: 1) }
        == [10, 20, 40, 80, 160, 320, 320, 320].map {
          .milliseconds($0)
        })
    #expect(retry.pause(attempt: 2, random: 0.5) == .milliseconds(20))
    #expect(retry.pause(attempt: 2, random: 0) == .zero)
    #expect(retry.pause(attempt: 8, random: 0) == nil)
    #expect(ConflictRetry(limit: 0).pause(attempt: 0, random: 0) == nil)
  }

  @Test func aConflictHasAWordOfItsOwn() throws {
    let deadlock = postgres("40P01", .deadlockDetected)
    for error in [deadlock as any Error, VersionConflict(sku: "A")] {
      let seen = try #require(StockTransactions.refusal(error) as? ServiceError)
      #expect(seen.status == 500 && seen.code.rawValue == "database_conflict")
      #expect(!seen.message.contains("deadlock"), "the server's words are for the log")
      #expect(seen.cause != nil)
    }
    #expect(StockTransactions.refusal(postgres("53300", .tooManyConnections)) is PostgresError)
  }
}
