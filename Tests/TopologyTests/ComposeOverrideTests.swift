import Foundation
import Testing
import Topology
import Yams

/// What Docker Compose reads beside a lab's own file.
@Suite struct ComposeOverrideTests {
  private let lab = """
    services:
      inventory:
        command: [fleet, inventory]
        image: firedrill/fleet
        deploy: {replicas: 2}
        healthcheck: {test: [CMD, fleet, probe, "http://x"], interval: 5s}
      postgres:
        command: [/lab/bin/postgres]
        image: firedrill/postgres
        user: postgres
        tmpfs: [/scratch]
        healthcheck: {test: [CMD, fleet, probe, "postgres://x"], interval: 5s}
    """
  private let judge = """
    services:
      provider:
        command: [fleet, provider]
        image: firedrill/fleet
        environment: {PRICE: "5$$", PROMETHEUS_CONFIG: /judge/prometheus.yml}
        user: prometheus
        secrets: [token]
        volumes: ["data:/data"]
        depends_on: {postgres: {condition: service_healthy}}
        healthcheck: {test: [CMD-SHELL, "fleet probe http://$$HOSTNAME:8080/readyz"]}
    volumes: {data: {}}
    secrets: {token: {file: ./secrets/token}}
    """

  private var override: ComposeOverride {
    get throws {
      ComposeOverride(
        try Topology.parse([
          Topology.Source(name: "compose.yaml", text: lab),
          Topology.Source(name: "judge.yaml", text: judge, judge: true),
        ]))
    }
  }

  private func services() throws -> [String: [String: Any]] {
    let file = try #require(try Yams.load(yaml: try override.yaml()) as? [String: Any])
    #expect(Set(file.keys) == ["secrets", "services", "volumes"])
    return try #require(file["services"] as? [String: [String: Any]])
  }

  @Test func aJudgesNodeIsWhole() throws {
    let provider = try #require(try services()["provider"])
    #expect(provider["image"] as? String == "firedrill/fleet")
    #expect(provider["command"] as? [String] == ["fleet", "provider"])
    #expect(provider["user"] as? String == "prometheus")
    #expect(provider["volumes"] as? [String] == ["./:/lab:ro", "data:/data"])
    let environment = try #require(provider["environment"] as? [String: String])
    // Compose makes one of two.
    #expect(environment["PRICE"] == "5$$")
    #expect(environment["PROMETHEUS_CONFIG"] == "/lab/.firedrill/docker/prometheus.yml")
    let check = try #require(provider["healthcheck"] as? [String: Any])
    #expect(check["test"] as? [String] == ["CMD", "/bin/sh", "-c", "fleet probe http://$$HOSTNAME:8080/readyz"])
  }

  @Test func onlyWhatIsWaitedForIsLookedAtOften() throws {
    let services = try services()
    #expect((services["inventory"]?["healthcheck"] as? [String: String]) == ["interval": "60s"])
    #expect(services["postgres"]?["healthcheck"] == nil)
  }

  @Test func containersAreNarrow() throws {
    for (name, service) in try services() {
      #expect(service["read_only"] as? Bool == true, "\(name)")
      #expect(service["init"] as? Bool == true, "\(name)")
      #expect(service["cap_drop"] as? [String] == ["ALL"], "\(name)")
      #expect((service["tmpfs"] as? [String])?.first == "/tmp", "\(name)")
    }
    let services = try services()
    // What the lab's own file says of a user stays.
    #expect(services["postgres"]?["user"] == nil)
    #expect(services["inventory"]?["user"] as? String == "nobody")
    #expect(services["postgres"]?["tmpfs"] as? [String] == ["/tmp", "/scratch"])
  }

  @Test func containersHaveLimits() throws {
    let services = try services()
    #expect(services.values.allSatisfy { $0["pids_limit"] as? Int == 4096 })
    #expect(services["inventory"]?["mem_limit"] as? Int == 256 << 20)
    #expect(services["postgres"]?["mem_limit"] as? Int == 768 << 20)
    #expect(services["provider"]?["mem_limit"] as? Int == 1536 << 20)
  }

  /// Compose takes this file's word for it, so none may stand here.
  @Test func whatTheLabSaysOfMemoryCounts() throws {
    let text = lab.replacing("user: postgres", with: "user: postgres\n    mem_limit: 64m")
    let topology = try Topology.parse([Topology.Source(name: "compose.yaml", text: text)])
    let file = try Yams.load(yaml: try ComposeOverride(topology).yaml()) as? [String: [String: [String: Any]]]
    let postgres = try #require(file?["services"]?["postgres"])
    #expect(postgres["mem_limit"] == nil && postgres["pids_limit"] as? Int == 4096)
    #expect(ContainerLimits.memory(of: try #require(topology.service("postgres"))) == 64 << 20)
  }

  @Test func everyImageHasALimit() {
    let names = [
      "fleet", "pgbouncer", "postgres", "postgres-exporter", "prometheus", "redis", "redis-exporter",
    ]
    for name in names { #expect(ContainerLimits.memory(ofImage: "firedrill/\(name):0.1.0") != nil, "\(name)") }
    #expect(ContainerLimits.memory(ofImage: "somebody/fleet:0.1.0") == nil)
  }

  @Test func prometheusFindsEveryInstance() throws {
    let file = try #require(try Yams.load(yaml: try override.prometheus()) as? [String: Any])
    let jobs = try #require(file["scrape_configs"] as? [[String: Any]])
    #expect(jobs.compactMap { $0["job_name"] as? String } == ["inventory", "provider"])
    let lookups = try #require(jobs.first?["dns_sd_configs"] as? [[String: Any]])
    #expect(lookups.first?["port"] as? Int == 8080)
  }
}
