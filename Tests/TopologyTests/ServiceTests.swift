import Testing
import Topology

@Suite struct ServiceTests {
  @Test func readsAWholeService() throws {
    let topology = try parse(
      """
      services:
        postgres:
          image: firedrill/postgres
          entrypoint: /lab/bin/postgres-primary
          user: postgres:postgres
          environment:
            DIR: /lab/postgres
            PORT: 5432
            ON: true
          healthcheck:
            test: ["CMD", "fleet", "probe", "postgres://$$HOSTNAME:5432"]
            interval: 1s
            timeout: 500ms
            retries: 20
            start_period: 1m
          volumes: ["data:/data", "./sql:/sql:ro", "./:/lab"]
          secrets: [key]
          tmpfs: ["/scratch:size=64m,mode=700", /other]
          ulimits: {nofile: {soft: 100, hard: 200}, fsize: -1}
          mem_limit: 128m
          restart: on-failure:3
          stop_signal: INT
          stop_grace_period: 1500ms
          working_dir: /data
          ports: ["5432:5432"]
          x-note: anything
        inventory:
          command: fleet inventory --name "in stock"
          depends_on:
            postgres: {condition: service_healthy}
          deploy: {replicas: 2}
      volumes: {data: {}}
      secrets: {key: {file: ./secrets/key}}
      networks: {inner: {internal: true}}
      """)
    let postgres = try #require(topology.service("postgres"))
    #expect(postgres.commandLine == ["/lab/bin/postgres-primary"])
    #expect(postgres.user == "postgres:postgres")
    #expect(postgres.environment == ["DIR": "/lab/postgres", "PORT": "5432", "ON": "true"])
    let check = try #require(postgres.healthcheck)
    #expect(check.probeURL == "postgres://$HOSTNAME:5432")
    #expect(check.probeURL(node: "postgres") == "postgres://postgres:5432")
    #expect(check.interval == .seconds(1) && check.timeout == .milliseconds(500) && check.startPeriod == .seconds(60))
    #expect(check.retries == 20)
    #expect(postgres.mounts.map(\.source) == [.volume("data"), .folder("sql"), .folder(".")])
    #expect(postgres.mounts.map(\.readOnly) == [false, true, false])
    #expect(postgres.secrets == ["key"])
    #expect(postgres.tmpfs.map(\.size) == [64 << 20, nil] && postgres.tmpfs.map(\.mode) == [0o700, nil])
    #expect(postgres.ulimits["nofile"] == .init(soft: 100, hard: 200) && postgres.ulimits["fsize"]?.soft == -1)
    #expect(postgres.memoryLimit == 128 << 20)
    #expect(postgres.restart == .onFailure(attempts: 3))
    #expect(postgres.stopSignal == "SIGINT" && postgres.stopGrace == .milliseconds(1500))
    #expect(postgres.workingDirectory == "/data")
    #expect(postgres.place.description == "compose.yaml:2:3")
    let inventory = try #require(topology.service("inventory"))
    #expect(inventory.commandLine == ["fleet", "inventory", "--name", "in stock"])
    #expect(inventory.dependsOn == [.init(service: "postgres", condition: .healthy)])
    #expect(topology.nodes == ["postgres", "inventory-1", "inventory-2"])
    #expect(topology.warnings.isEmpty)
    #expect(try Topology(json: topology.json()) == topology)
  }

  @Test func hasTheDefaultsOfCompose() throws {
    let plain = try service("healthcheck: {test: curl -f x}")
    #expect(plain.restart == .never && plain.stopSignal == "SIGTERM" && plain.stopGrace == .seconds(10))
    #expect(plain.instances == ["a"])
    #expect(plain.healthcheck == .init(command: ["/bin/sh", "-c", "curl -f x"]))
    #expect(plain.healthcheck?.interval == .seconds(30) && plain.healthcheck?.retries == 3)
  }

  @Test(arguments: [
    ("no", Topology.RestartPolicy.never), ("\"no\"", .never), ("always", .always), ("unless-stopped", .unlessStopped),
    ("on-failure", .onFailure(attempts: nil)), ("on-failure:7", .onFailure(attempts: 7)),
  ]) func restart(text: String, policy: Topology.RestartPolicy) throws {
    #expect(try service("restart: \(text)").restart == policy)
  }

  @Test(arguments: [
    ("deploy: {replicas: 3}", ["a-1", "a-2", "a-3"]), ("scale: 1", ["a-1"]), ("deploy: {replicas: 0}", []),
    ("user: x", ["a"]),
  ]) func nodes(lines: String, names: [String]) throws { #expect(try service(lines).instances == names) }

  @Test(
    arguments: [
      ("[\"NONE\"]", nil), ("[\"CMD\", \"fleet\", \"probe\", \"tcp://x:1\"]", "tcp://x:1"),
      ("fleet probe http://$$HOSTNAME/", "http://$HOSTNAME/"),
      ("[\"CMD-SHELL\", \"fleet probe http://$${HOSTNAME}:1/x\"]", "http://${HOSTNAME}:1/x"),
      ("fleet probe http://a || exit 1", nil),
      ("fleet probe http://$$OTHER/", nil), ("curl http://a", nil), ("fleet probe a b", nil),
    ] as [(String, String?)]) func probes(test: String, url: String?) throws
  {
    #expect(try service("healthcheck:\n  test: \(test)").healthcheck?.probeURL == url)
  }

  @Test func profilesKeepServicesFromRunning() throws {
    let text = "services:\n  a: {command: x}\n  b: {command: x, profiles: [pooler, other]}\n"
    #expect(try parse(text).nodes == ["a"])
    #expect(try parse(text).inactive == ["b"])
    #expect(try parse(text, env: "COMPOSE_PROFILES=x, pooler").nodes == ["a", "b"])
    #expect(try parse(text, env: "COMPOSE_PROFILES=*").nodes == ["a", "b"])
  }

  @Test func sharesKeysThroughAnchors() throws {
    let topology = try parse(
      """
      x-common: &common
        command: fleet order
        environment: &env {LEVEL: info}
      services:
        a: {<<: *common}
        b:
          <<: *common
          environment: {<<: *env, NAME: b}
      """)
    #expect(topology.service("a")?.environment == ["LEVEL": "info"])
    #expect(topology.service("b")?.environment == ["LEVEL": "info", "NAME": "b"])
  }

  @Test func startOrderFollowsDependencies() throws {
    let topology = try parse(
      "services:\n  a: {command: x, depends_on: [c]}\n  b: {command: x}\n  c: {command: x, depends_on: [b]}\n")
    #expect(topology.startOrder.map(\.name) == ["b", "c", "a"])
  }
}
