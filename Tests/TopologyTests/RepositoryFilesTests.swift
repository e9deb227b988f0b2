import Foundation
import TestFiles
import Testing
import Topology

/// The topologies that this repository ships, each with the judge's beside it.
@Suite struct RepositoryFilesTests {
  @Test func theBaseLab() throws {
    let topology = try Topology.load(
      lab: "\(Repository.root)/compose/lab", judgeFile: "\(Repository.root)/compose/judge/judge.yaml")
    #expect(topology.warnings.isEmpty)
    #expect(
      topology.nodes == [
        "postgres", "postgres-replica", "redis", "gateway", "inventory-1", "inventory-2", "order", "payment",
        "provider",
        "prometheus", "postgres-exporter", "redis-exporter",
      ])
    let gateway = try #require(topology.service("gateway"))
    #expect(gateway.healthcheck?.probeURL(node: "gateway") == "http://gateway:8080/readyz")
    #expect(topology.service("postgres")?.labPaths == ["bin/postgres-primary", "postgres"])
    #expect(topology.service("prometheus")?.ownPaths == ["bin/prometheus", "prometheus.yml"])
    #expect(topology.services.allSatisfy { $0.healthcheck?.probeURL != nil })
  }

  /// Each scenario's files as they lie over the base.
  static let scenarios = ((try? FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/Chaos")) ?? [])
    .filter { FileManager.default.fileExists(atPath: "\(Repository.root)/Chaos/\($0)/lab/compose.yaml") }.sorted()

  @Test(arguments: scenarios) func aScenariosLab(id: String) throws {
    let topology = try Topology.load(
      lab: "\(Repository.root)/Chaos/\(id)/lab", judgeFile: "\(Repository.root)/compose/judge/judge.yaml")
    #expect(topology.warnings.isEmpty)
    for path in topology.services.flatMap(\.labPaths) {
      let places = ["Chaos/\(id)/lab", "compose/lab"].map { "\(Repository.root)/\($0)/\(path)" }
      #expect(places.contains(where: FileManager.default.fileExists(atPath:)), "\(path)")
    }
  }

  @Test func thePoolerOfOneBadInstance() throws {
    let folder = "Chaos/one-bad-instance/lab"
    let file = Topology.Source(name: "compose.yaml", text: try Repository.text("\(folder)/compose.yaml"))
    let env = try Repository.text("\(folder)/.env")
    let plain = try Topology.parse([file], env: env)
    #expect(plain.instances(of: "inventory").count == 101)
    #expect(plain.inactive == ["pgbouncer"])
    // The form in which the runbook's gate reads it.
    #expect(try String(decoding: plain.json(), as: UTF8.self).contains("\"INVENTORY_POOL_MAX\" : \"1\""))
    let pooled = try Topology.parse([file], env: env, environment: ["COMPOSE_PROFILES": "pooler"])
    #expect(pooled.service("pgbouncer")?.ulimits["nofile"]?.soft == 4096)
  }
}
