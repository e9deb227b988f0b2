import FleetAPI
import Logging
import Testing

@testable import ServiceKit

@Suite struct ReadinessTests {
  @Test func onlyCriticalThingsMakeAnInstanceUnready() async {
    let readiness = Readiness()
    readiness.add("database", isCritical: true) {}
    readiness.add("cache", isCritical: false) { throw ServiceError(500, .internalError, "no") }
    let report = await readiness.report()
    #expect(report.status == "ready")
    #expect(report.checks == ["database": "ok", "cache": "internal_error"])
  }

  @Test func aProbeThatDoesNotAnswerCountsAsMissing() async {
    let readiness = Readiness()
    readiness.add("database", isCritical: true, timeout: .milliseconds(20)) { try await Task.sleep(for: .seconds(60)) }
    let report = await readiness.report()
    #expect(report.status == "not_ready")
    #expect(report.checks == ["database": "no answer in time"])
    #expect(report.error?.message.contains("database") == true)
  }
}

@Suite struct UpstreamsTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test func instancesAreTakenInTurn() {
    let source = InstanceSource.list([
      Endpoint(host: "a", port: 1), Endpoint(host: "b", port: 1), Endpoint(host: "c", port: 1),
    ])
    let upstreams = Upstreams(source, firstTurn: 0, logger: logger)
    #expect((0..<6).map { _ in upstreams.next()?.host } == ["b", "c", "a", "b", "c", "a"])
  }

  @Test func aNameGivesAllItsAddressesOnce() async {
    let upstreams = Upstreams(.dns(Endpoint(host: "localhost", port: 8080)), logger: logger)
    #expect(upstreams.next() == nil)
    await upstreams.follow(Endpoint(host: "localhost", port: 8080))
    #expect(upstreams.endpoints == [Endpoint(host: "127.0.0.1", port: 8080)])
    await upstreams.follow(Endpoint(host: "no-such-name.invalid", port: 8080))
    #expect(upstreams.endpoints == [Endpoint(host: "127.0.0.1", port: 8080)])
  }
}
