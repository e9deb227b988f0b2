/// What runs in a lab: the resolved content of `compose.yaml` (and of `judge.yaml` beside it).
///
/// Every variable is replaced, every default is filled in and every name is checked, so whoever starts nodes needs no
/// further look at the files.
public struct Topology: Sendable, Codable, Equatable {
  /// The services that run, in the order of the files: the lab's first, then the judge's.
  public var services: [Service]
  /// Names of services that stand behind a profile which is not in `COMPOSE_PROFILES`, in the order of the files.
  public var inactive: [String]
  /// Named volumes, sorted.
  public var volumes: [Volume]
  /// Secrets, sorted by name.
  public var secrets: [Secret]
  /// What is no error but worth a word: variables that are not set, for instance. Each with file and line.
  public var warnings: [String]

  /// Creates a topology from its parts; `parse` and `load` are the usual way to get one.
  public init(
    services: [Service] = [], inactive: [String] = [], volumes: [Volume] = [], secrets: [Secret] = [],
    warnings: [String] = []
  ) {
    self.services = services
    self.inactive = inactive
    self.volumes = volumes
    self.secrets = secrets
    self.warnings = warnings
  }

  /// The running service of that name, or nil.
  public func service(_ name: String) -> Service? { services.first { $0.name == name } }

  /// The secret of that name, or nil.
  public func secret(_ name: String) -> Secret? { secrets.first { $0.name == name } }

  /// The node names of a service, in order: `NAME-1` ... `NAME-N` with `deploy.replicas` (or `scale`), else `NAME`
  /// alone.
  ///
  /// An unknown or inactive service has none.
  public func instances(of name: String) -> [String] { service(name)?.instances ?? [] }

  /// The names of all nodes, in the order of the services.
  public var nodes: [String] { services.flatMap(\.instances) }

  /// The services so ordered that each comes after those it depends on, otherwise in the order of the files.
  public var startOrder: [Service] {
    var ordered: [Service] = []
    var placed: Set<String> = []
    var left = services
    while !left.isEmpty {
      let ready = left.filter { $0.dependsOn.allSatisfy { placed.contains($0.service) || service($0.service) == nil } }
      // A cycle is refused by the parser; a topology put together by hand still ends here.
      guard !ready.isEmpty else { return ordered + left }
      ordered += ready
      placed.formUnion(ready.map(\.name))
      left.removeAll { placed.contains($0.name) }
    }
    return ordered
  }
}
