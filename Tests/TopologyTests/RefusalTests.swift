import Testing
import Topology

/// What the file may not say: each is an error with file, line and key.
@Suite struct RefusalTests {
  /// Keys of the Compose file reference that neither list of `ComposeKeys` has.
  static let unsupported = [
    "annotations", "attach", "blkio_config", "cap_add", "cgroup", "cgroup_parent", "configs", "cpu_count",
    "cpu_percent",
    "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "credential_spec",
    "develop",
    "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname", "driver_opts", "env_file",
    "extends",
    "external_links", "extra_hosts", "gpus", "group_add", "hostname", "ipc", "isolation", "label_file", "links",
    "mac_address",
    "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "oom_kill_disable", "oom_score_adj",
    "pid", "pids_limit", "post_start", "pre_stop", "privileged", "provider", "runtime", "shm_size", "stdin_open",
    "storage_opt", "sysctls", "tty", "userns_mode", "use_api_socket", "uts", "volumes_from", "nonsense",
  ]

  @Test(arguments: unsupported) func unsupportedKeyOfAService(key: String) {
    let found = problems(serviceFile("user: x\n\(key): 1"))
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("compose.yaml:5:5: services.a.\(key): is not supported") == true, "\(found)")
  }

  @Test(arguments: ComposeKeys.ignoredInService.sorted()) func keyWithoutMeaning(key: String) throws {
    #expect(try service("\(key): {any: [thing]}").commandLine == ["run"])
  }

  @Test(arguments: ["configs", "include", "models", "service", "x"]) func unsupportedKeyOfTheTop(key: String) {
    let found = problems("services:\n  a: {command: x}\n\(key): {}\n")
    #expect(found.first?.hasPrefix("compose.yaml:3:1: \(key): is not supported") == true, "\(found)")
  }

  @Test func supportedKeysAreNotOnTheOtherList() {
    #expect(ComposeKeys.service.isDisjoint(with: ComposeKeys.ignoredInService))
    #expect(ComposeKeys.top.isDisjoint(with: ComposeKeys.ignoredAtTop))
    #expect(ComposeKeys.service.isDisjoint(with: Self.unsupported))
  }

  /// Lines of the service `a` (the first is line 4), and the problems without `compose.yaml:`.
  static let lines: [(String, [String])] = [
    ("comand: x", ["4:5: services.a.comand: is not supported; did you mean `command`?"]),
    ("deploy: {replcas: 3}", ["4:14: services.a.deploy.replcas: is not supported; did you mean `replicas`?"]),
    ("deploy: {resources: {}}", ["4:14: services.a.deploy.resources: is not supported"]),
    ("deploy: {replicas: 251}", ["4:24: services.a.deploy.replicas: must be 0...250, not 251"]),
    ("deploy: {replicas: -1}", ["4:24: services.a.deploy.replicas: must be 0...250, not -1"]),
    ("deploy: {replicas: many}", ["4:24: services.a.deploy.replicas: must be a whole number, not `many`"]),
    ("scale: 2\ndeploy: {replicas: 3}", ["4:5: services.a.scale: says 2, but deploy.replicas says 3"]),
    ("hostname: x", ["4:5: services.a.hostname: is not supported: a node's host name is its node name"]),
    ("environment: [\"=x\"]", ["4:19: services.a.environment[0]: `` is no name of a variable"]),
    ("environment: {A: [1]}", ["4:22: services.a.environment.A: must be a single value, not a list"]),
    ("environment: A", ["4:18: services.a.environment: must be a map of keys, not a single value"]),
    (
      "entrypoint: \"sh -c 'x\"", ["4:17: services.a.entrypoint: a quote is never closed, or a backslash ends the line"]
    ),
    ("user: a b", ["4:11: services.a.user: must be NAME, UID or USER:GROUP, not `a b`"]),
    ("working_dir: x", ["4:18: services.a.working_dir: must be an absolute path, not `x`"]),
    (
      "restart: allways",
      [
        "4:14: services.a.restart: must be no, always, on-failure, on-failure:TIMES or unless-stopped, not `allways`; "
          + "did you mean `always`?"
      ]
    ),
    (
      "restart: on-failure:0",
      [
        "4:14: services.a.restart: must be no, always, on-failure, on-failure:TIMES or unless-stopped, "
          + "not `on-failure:0`"
          + "; did you mean `on-failure`?"
      ]
    ),
    (
      "stop_signal: KILLER",
      [
        "4:18: services.a.stop_signal: must be one of SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, "
          + "not `KILLER`"
      ]
    ),
    (
      "stop_grace_period: 3", ["4:24: services.a.stop_grace_period: must be a time such as 500ms, 3s or 1m30s, not `3`"]
    ),
    ("mem_limit: lots", ["4:16: services.a.mem_limit: must be a size such as 512k, 64m or 1g, not `lots`"]),
    ("ulimits: {nofiles: 3}", ["4:15: services.a.ulimits.nofiles: is not supported; did you mean `nofile`?"]),
    ("ulimits: {nofile: {soft: 9, hard: 3}}", ["4:23: services.a.ulimits.nofile: soft is above hard"]),
    ("ulimits: {nofile: {soft: 9}}", ["4:23: services.a.ulimits.nofile.hard: is missing"]),
    ("tmpfs: data", ["4:12: services.a.tmpfs: must be /PATH or /PATH:size=64m,mode=755, not `data`"]),
    ("tmpfs: /x:uid=3", ["4:12: services.a.tmpfs: the option `uid=3` is not supported; size=BYTES and mode=OCTAL are"]),
    ("healthcheck: {interval: 1s}", ["4:18: services.a.healthcheck.test: is missing"]),
    (
      "healthcheck: {test: []}",
      [
        "4:25: services.a.healthcheck.test: must be [CMD, PROGRAM, ARGUMENT...], [CMD-SHELL, LINE] or [NONE]"
      ]
    ),
    (
      "healthcheck: {test: x, intervall: 1s}",
      [
        "4:28: services.a.healthcheck.intervall: is not supported; did you mean `interval`?"
      ]
    ),
    ("depends_on: [b]", ["4:18: services.a.depends_on: there is no service `b`"]),
    ("depends_on: [a]", ["4:18: services.a.depends_on: depends on itself: a -> a"]),
    (
      "depends_on: {a: {condition: service_completed_successfully}}",
      [
        "4:18: services.a.depends_on: depends on itself: a -> a",
        "4:33: services.a.depends_on.a.condition: must be service_started, service_healthy, not "
          + "`service_completed_successfully`",
      ]
    ),
    (
      "volumes: [\"date:/x\"]",
      [
        "4:15: services.a.volumes: there is no volume `date` under the top-level `volumes`; did you mean `data`?"
      ]
    ),
    (
      "volumes: [/etc:/x]",
      ["4:15: services.a.volumes[0]: must be a path that begins with ./ (relative to this file), not `/etc`"]
    ),
    ("volumes: [./../x:/x]", ["4:15: services.a.volumes[0]: must stay in the folder of this file, not `./../x`"]),
    ("volumes: [/x]", ["4:15: services.a.volumes[0]: must be ./FOLDER:/PATH[:ro] or NAME:/PATH[:ro], not `/x`"]),
    ("volumes: [\"data:x\"]", ["4:15: services.a.volumes[0]: the path in the node must be absolute, not `x`"]),
    (
      "volumes: [\"data:/x:rx\"]",
      ["4:15: services.a.volumes[0]: must be ./FOLDER:/PATH[:ro] or NAME:/PATH[:ro], not `data:/x:rx`"]
    ),
    (
      "volumes: [{type: bind}]",
      [
        "4:15: services.a.volumes[0]: the long form is not supported; write ./FOLDER:/PATH[:ro] or NAME:/PATH[:ro]"
      ]
    ),
    (
      "secrets: [keys]",
      [
        "4:15: services.a.secrets: there is no secret `keys` under the top-level `secrets`; did you mean `key`?"
      ]
    ),
    (
      "secrets: [{source: key}]",
      ["4:15: services.a.secrets[0]: the long form is not supported; write the secret's name"]
    ),
    ("user: x\nuser: y", ["4:5: user: given more than once in the same map: `user`"]),
    (
      "user: x\ncpus: 1\nmem_limit: x\nprivileged: true",
      [
        "5:5: services.a.cpus: is not supported: limits of processor time are not supported",
        "6:16: services.a.mem_limit: must be a size such as 512k, 64m or 1g, not `x`",
        "7:5: services.a.privileged: is not supported: a node has no privileges to add",
      ]
    ),
  ]

  @Test(arguments: lines) func reports(lines: String, expected: [String]) {
    #expect(problems(serviceFile(lines)) == expected.map { "compose.yaml:\($0)" })
  }

  static let files: [(String, [String])] = [
    ("services:\n", ["1:1: services: is missing"]),
    ("services:\n  a:\n", ["2:5: services.a: must be a map of keys, not nothing"]),
    ("services:\n  a: {user: x}\n", ["2:3: services.a: needs `command` or `entrypoint`: images are not used"]),
    (
      "services:\n  Shop_1: {command: x}\n",
      [
        "2:3: services.Shop_1: a service's name is its host name: lower-case letters, digits and `-`, at most 50"
      ]
    ),
    (
      "services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [c]}\n"
        + "  c: {command: x, depends_on: [a]}\n",
      [
        "2:32: services.a.depends_on: depends on itself: a -> b -> c -> a"
      ]
    ),
    (
      "services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, profiles: [p]}\n",
      [
        "2:32: services.a.depends_on: `b` doesn't run: none of its profiles is in COMPOSE_PROFILES"
      ]
    ),
    (
      "services:\n  a: {command: x, depends_on: {b: {condition: service_healthy}}}\n  b: {command: x}\n",
      [
        "2:32: services.a.depends_on: `b` has no healthcheck, so it never becomes healthy"
      ]
    ),
    (
      "services:\n  a: {command: x, scale: 2}\n  a-2: {command: x}\n",
      [
        "3:3: services.a-2: `a-2` is also the name of a node of `a`"
      ]
    ),
    (
      "services:\n  a: {command: x}\nvolumes: {v: {driver: local}, ../v: }\n",
      [
        "3:15: volumes.v.driver: is not supported", "3:31: volumes.../v: is no valid name for a volume",
      ]
    ),
    (
      "services:\n  a: {command: x}\nsecrets: {s: {external: true}, t: {file: /etc/shadow}}\n",
      [
        "3:14: secrets.s.file: is missing", "3:15: secrets.s.external: is not supported",
        "3:42: secrets.t.file: must be a path that begins with ./ (relative to this file), not `/etc/shadow`",
      ]
    ),
  ]

  @Test(arguments: files) func reportsFiles(text: String, expected: [String]) {
    #expect(problems(text) == expected.map { "compose.yaml:\($0)" })
  }
}
