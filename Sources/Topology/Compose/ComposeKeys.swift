/// Which keys of the Compose file mean what here. A key that is on no list is an error.
public enum ComposeKeys {
  /// Keys of a service that describe its container and mean nothing to a process: taken without a word.
  public static let ignoredInService: Set<String> = [
    "build", "cap_drop", "container_name", "expose", "init", "labels", "logging", "networks", "platform", "pull_policy",
    "read_only", "security_opt",
  ]
  /// Keys of the top level that mean nothing to processes.
  public static let ignoredAtTop: Set<String> = ["name", "networks", "version"]

  /// Keys of a service that are honoured; `image` and `ports` mean nothing to processes.
  public static let service: Set<String> = [
    "command", "depends_on", "deploy", "entrypoint", "environment", "healthcheck", "image", "mem_limit", "ports",
    "profiles", "restart", "scale", "secrets", "stop_grace_period", "stop_signal", "tmpfs", "ulimits", "user",
    "volumes", "working_dir",
  ]
  /// Keys of the top level that both engines honour.
  public static let top: Set<String> = ["secrets", "services", "volumes"]

  /// What to do instead of some keys that people are likely to try.
  static let advice: [String: String] = [
    "cap_add": "a node has no privileges to add",
    "configs": "put the file into the lab's folder; nodes see it under /lab",
    "cpus": "limits of processor time are not supported",
    "env_file": "write the variables under `environment`, with ${NAME} for those of .env",
    "extends": "use a YAML anchor and `<<`",
    "hostname": "a node's host name is its node name",
    "include": "one file holds the whole topology",
    "links": "services reach each other by name",
    "network_mode": "each node has an address of its own",
    "privileged": "a node has no privileges to add",
  ]

  /// Limits of `ulimits`, as `setrlimit(2)` names them.
  static let ulimits: Set<String> = [
    "as", "core", "cpu", "data", "fsize", "memlock", "nofile", "nproc", "rss", "stack",
  ]
  /// Signals that may stand in `stop_signal`.
  static let signals: Set<String> = [
    "SIGHUP", "SIGINT", "SIGKILL", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2",
  ]
}
