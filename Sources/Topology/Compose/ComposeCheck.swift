/// Checks that need the whole topology: names that must exist, names that must be unique, and dependencies in a circle.
struct ComposeCheck {
  let drafts: [ServiceDraft]
  let volumes: [(volume: Topology.Volume, place: YAMLPlace)]
  let secrets: [(secret: Topology.Secret, place: YAMLPlace)]
  let problems: Problems

  /// The topology; not to be used if problems were reported.
  func topology() -> Topology {
    checkUnique(drafts.map { ($0.service.name, $0.service.place) }, "services", "service")
    checkUnique(volumes.map { ($0.volume.name, $0.place) }, "volumes", "volume")
    checkUnique(secrets.map { ($0.secret.name, $0.place) }, "secrets", "secret")
    checkNodeNames()
    for draft in drafts {
      checkDependencies(of: draft)
      checkVolumes(of: draft)
      checkSecrets(of: draft)
    }
    checkCircles()
    let ordered = drafts.filter { !$0.service.judge } + drafts.filter(\.service.judge)
    return Topology(
      services: ordered.filter(\.active).map(\.service), inactive: ordered.filter { !$0.active }.map(\.service.name),
      volumes: volumes.map(\.volume).sorted { $0.name < $1.name },
      secrets: secrets.map(\.secret).sorted { $0.name < $1.name },
      warnings: problems.warnings.sorted { $0.place < $1.place }.map(\.description))
  }

  /// The same key twice in a file is found while reading it, so two here stand in two files.
  private func checkUnique(_ names: [(name: String, place: YAMLPlace)], _ section: String, _ what: String) {
    var first: [String: YAMLPlace] = [:]
    for (name, place) in names {
      if let other = first[name] {
        problems.report("a \(what) of this name stands at \(other) already", at: place, key: "\(section).\(name)")
      } else {
        first[name] = place
      }
    }
  }

  private func checkNodeNames() {
    var owners: [String: String] = [:]
    for service in drafts.map(\.service) {
      for node in Set(service.instances + [service.name]) {
        if let other = owners[node], other != service.name {
          problems.report(
            "`\(node)` is also the name of a node of `\(other)`", at: service.place, key: "services.\(service.name)")
        }
        owners[node] = service.name
      }
    }
  }

  private func report(_ draft: ServiceDraft, _ section: String, _ name: String, _ message: String) {
    problems.report(
      message, at: draft.places["\(section).\(name)"] ?? draft.service.place,
      key: "services.\(draft.service.name).\(section)")
  }

  private func checkDependencies(of draft: ServiceDraft) {
    for dependency in draft.service.dependsOn {
      let name = dependency.service
      guard let target = drafts.first(where: { $0.service.name == name }) else {
        let hint = Spelling.hint(for: name, among: drafts.map(\.service.name))
        report(draft, "depends_on", name, "there is no service `\(name)`\(hint)")
        continue
      }
      if draft.active, !target.active {
        report(draft, "depends_on", name, "`\(name)` doesn't run: none of its profiles is in COMPOSE_PROFILES")
      }
      if dependency.condition == .healthy, target.service.healthcheck == nil {
        report(draft, "depends_on", name, "`\(name)` has no healthcheck, so it never becomes healthy")
      }
    }
  }

  private func checkVolumes(of draft: ServiceDraft) {
    for case .volume(let name) in draft.service.mounts.map(\.source) {
      guard let found = volumes.first(where: { $0.volume.name == name }) else {
        let hint = Spelling.hint(for: name, among: volumes.map(\.volume.name))
        report(draft, "volumes", name, "there is no volume `\(name)` under the top-level `volumes`\(hint)")
        continue
      }
      // What judges must not be changed by what is judged, nor the other way round.
      if found.volume.judge != draft.service.judge {
        report(draft, "volumes", name, "the volume `\(name)` belongs to the other file (\(found.place))")
      }
    }
  }

  private func checkSecrets(of draft: ServiceDraft) {
    for name in draft.service.secrets {
      guard let found = secrets.first(where: { $0.secret.name == name }) else {
        let hint = Spelling.hint(for: name, among: secrets.map(\.secret.name))
        report(draft, "secrets", name, "there is no secret `\(name)` under the top-level `secrets`\(hint)")
        continue
      }
      if found.secret.judge, !draft.service.judge {
        report(draft, "secrets", name, "the secret `\(name)` is the judge's (\(found.place))")
      }
    }
  }

  /// Reports each circle once, at the service of it that stands first.
  private func checkCircles() {
    let targets = Dictionary(
      drafts.map { ($0.service.name, $0.service.dependsOn.map(\.service)) }, uniquingKeysWith: { first, _ in first })
    var done: Set<String> = []
    func visit(_ name: String, _ path: [String]) {
      if let start = path.firstIndex(of: name) {
        let circle = path[start...] + [name]
        guard let draft = drafts.first(where: { $0.service.name == name }) else { return }
        let next = circle.dropFirst().first ?? name
        report(draft, "depends_on", next, "depends on itself: \(circle.joined(separator: " -> "))")
        return
      }
      guard done.insert(name).inserted else { return }
      for target in targets[name] ?? [] { visit(target, path + [name]) }
    }
    for draft in drafts { visit(draft.service.name, []) }
  }
}
