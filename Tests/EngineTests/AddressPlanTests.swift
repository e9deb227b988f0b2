import Testing
import Topology

@testable import Engine

@Suite struct AddressPlanTests {
  private func topology(_ text: String) throws -> Topology {
    try Topology.parse([Topology.Source(name: "compose.yaml", text: text)])
  }

  @Test func aRepeatedNameGivesAllInstances() throws {
    let topology = try topology(
      """
      services:
        db: {command: [postgres]}
        web: {command: [fleet, web], deploy: {replicas: 2}}
      """)
    var plan = AddressPlan(block: 70)
    plan.include(topology)
    #expect(
      plan.hosts(for: topology) == """
        127.0.0.1 localhost
        ::1 localhost ip6-localhost
        127.70.1.1 db
        127.70.2.1 web-1 web
        127.70.2.2 web-2 web

        """)
  }

  @Test func aServiceKeepsItsNumberWhenOthersComeAndGo() throws {
    var plan = AddressPlan(block: 64)
    plan.include(try topology("services: {a: {command: [x]}, b: {command: [x]}}"))
    plan.include(try topology("services: {c: {command: [x]}, b: {command: [x]}}"))
    #expect(plan.address(of: "b", instance: 1) == "127.64.2.1")
    #expect(plan.address(of: "c", instance: 9) == "127.64.3.9")
    #expect(plan.address(of: "d", instance: 1) == nil)
  }
}
