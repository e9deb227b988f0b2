import Clients
import Testing

@testable import ServiceKit

@Suite struct ReadPlanTests {
  private func settings(
    _ source: ReadSettings.Source, _ policy: ReadSettings.ReadYourWrites = .none
  ) -> ReadSettings {
    var settings = ReadSettings()
    settings.source = source
    settings.readYourWrites = policy
    return settings
  }

  private func demand(_ tokens: ReadToken...) -> ReadDemand {
    tokens.reduce(into: ReadDemand([], service: "order")) { $0.add($1) }
  }

  private let here = LogSequenceNumber(position: 100)

  @Test func everythingIsReadFromThePrimaryByDefault() {
    #expect(ReadPlan(ReadSettings(), demand: demand(.applied(here)), now: 0) == .primary(.configured))
  }

  @Test func withoutPolicyTokensMeanNothing() {
    let all = demand(.applied(here), .primary(until: 10))
    #expect(ReadPlan(settings(.replica), demand: all, now: 0) == .replica(applied: nil))
  }

  @Test func aTokenNamesHowFarTheReplicaMustBe() {
    let settings = settings(.replica, .lsnToken)
    #expect(ReadPlan(settings, demand: demand(), now: 0) == .replica(applied: nil))
    #expect(ReadPlan(settings, demand: demand(.applied(here)), now: 0) == .replica(applied: here))
  }

  @Test func aPinHoldsUntilItsTime() {
    let settings = settings(.replica, .pin)
    #expect(ReadPlan(settings, demand: demand(.primary(until: 10)), now: 9) == .primary(.pinned))
    #expect(ReadPlan(settings, demand: demand(.primary(until: 10)), now: 10) == .replica(applied: nil))
  }

  @Test func aRequestSeesWhatItWroteItself() {
    let session = ReadSession(ReadDemand([], service: "order"))
    #expect(session.written == nil)
    session.wrote(.applied(here))
    #expect(ReadPlan(settings(.replica, .lsnToken), demand: session.demand, now: 0) == .replica(applied: here))
    #expect(session.written == .applied(here))
  }

  @Test func settingsAreReadAndTheirProblemsReportedTogether() {
    var reader = SettingsReader(environment: [
      "A_REPLICA_INSTANCES": "r1:5432,r2:5432", "A_READS": "replica", "A_READ_YOUR_WRITES": "lsn-token",
      "A_READ_WAIT": "0", "A_READ_FALLBACK": "error", "A_PIN_FOR": "700", "A_REPLICA_FRESHNESS": "marker",
      "A_REPLICA_MAX_LAG": "800", "A_HEARTBEAT_INTERVAL": "100", "A_SYNCHRONOUS_COMMIT": "remote_apply",
      "A_REPLICA_POOL_MAX": "3",
    ])
    let good = ReadSettings(reading: &reader, prefix: "A")
    #expect(reader.problems.isEmpty)
    #expect(good.instances == .list([Endpoint(host: "r1", port: 5432), Endpoint(host: "r2", port: 5432)]))
    #expect(good.source == .replica && good.readYourWrites == .lsnToken && good.fallback == .error)
    #expect(good.wait == .zero && good.pinFor == .milliseconds(700) && good.pool.max == 3)
    #expect(good.freshness == .marker && good.maxLag == .milliseconds(800))
    #expect(good.synchronousCommit == .remoteApply)
    #expect(reader.unknownKeys(prefix: "A_").isEmpty)

    reader = SettingsReader(environment: [
      "A_READS": "replica", "A_REPLICA_FRESHNESS": "marker", "A_REPLICA_MAX_LAG": "300",
      "A_SYNCHRONOUS_COMMIT": "often", "A_READ_YOUR_WRITES": "yes",
    ])
    _ = ReadSettings(reading: &reader, prefix: "A")
    #expect(
      reader.problems.map(\.key) == [
        "A_READ_YOUR_WRITES", "A_SYNCHRONOUS_COMMIT", "A_READS", "A_REPLICA_FRESHNESS", "A_REPLICA_MAX_LAG",
      ])
  }
}
