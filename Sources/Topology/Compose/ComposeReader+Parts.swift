extension ComposeReader {
  func dependencies(_ value: YAMLValue?, into draft: inout ServiceDraft) {
    guard let value else { return }
    var found: [Topology.Dependency] = []
    if value.isList {
      for item in value.list() {
        guard let name = item.name() else { continue }
        if found.contains(where: { $0.service == name }) { item.report("names `\(name)` twice") }
        found.append(Topology.Dependency(service: name, condition: .started))
        draft.places["depends_on.\(name)"] = item.place
      }
    } else if let map = value.map() {
      for (name, place, entry) in map.entries() {
        draft.places["depends_on.\(name)"] = place
        guard let options = entry.map() else { continue }
        let condition = options.required("condition")?.choice(Topology.Dependency.Condition.self)
        options.refuseOthers()
        found.append(Topology.Dependency(service: name, condition: condition ?? .started))
      }
    }
    draft.service.dependsOn = found.sorted { $0.service < $1.service }
  }

  func healthcheck(_ value: YAMLValue?) -> Topology.Healthcheck? {
    guard let map = value?.map() else { return nil }
    let disabled = map["disable"]?.bool() ?? false
    let test = map["test"]
    var check = Topology.Healthcheck(command: [])
    if let test { check.command = testCommand(test) ?? [] }
    if let time = map["interval"]?.duration() { check.intervalMilliseconds = max(1, time.milliseconds) }
    if let time = map["timeout"]?.duration() { check.timeoutMilliseconds = max(1, time.milliseconds) }
    if let time = map["start_period"]?.duration() { check.startPeriodMilliseconds = time.milliseconds }
    if let retries = map["retries"]?.int(1...1000) { check.retries = retries }
    refuseOthers(in: map, ignoring: [])
    if test == nil, !disabled {
      problems.report("is missing", at: map.place, key: map.path("test"))
    }
    return disabled || check.command.isEmpty ? nil : check
  }

  /// The command of a health check; nil for `NONE` and for what is reported.
  private func testCommand(_ value: YAMLValue) -> [String]? {
    guard value.isList else { return value.name().map { ["/bin/sh", "-c", $0] } }
    let words = value.strings()
    switch words.first {
    case "NONE" where words.count == 1: return nil
    case "CMD" where words.count > 1: return Array(words.dropFirst())
    case "CMD-SHELL" where words.count == 2: return ["/bin/sh", "-c", words[1]]
    default:
      value.report("must be [CMD, PROGRAM, ARGUMENT...], [CMD-SHELL, LINE] or [NONE]")
      return nil
    }
  }

  func ulimits(_ value: YAMLValue?) -> [String: Topology.Ulimit] {
    var limits: [String: Topology.Ulimit] = [:]
    for (name, place, limit) in value?.map()?.entries() ?? [] {
      guard ComposeKeys.ulimits.contains(name) else {
        let hint = Spelling.hint(for: name, among: ComposeKeys.ulimits.sorted())
        problems.report("is not supported\(hint)", at: place, key: limit.key)
        continue
      }
      guard limit.isMap, let map = limit.map() else {
        if let number = limit.int(-1...Int.max) { limits[name] = Topology.Ulimit(soft: number, hard: number) }
        continue
      }
      let soft = map.required("soft")?.int(-1...Int.max)
      let hard = map.required("hard")?.int(-1...Int.max)
      map.refuseOthers()
      guard let soft, let hard else { continue }
      if hard >= 0, soft < 0 || soft > hard { limit.report("soft is above hard") }
      limits[name] = Topology.Ulimit(soft: soft, hard: hard)
    }
    return limits
  }

  func tmpfs(_ value: YAMLValue?) -> [Topology.Tmpfs] {
    guard let value else { return [] }
    return (value.isList ? value.list() : [value]).compactMap { item in
      guard let text = item.name() else { return nil }
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts[0].hasPrefix("/"), parts[0] != "/", !parts[0].split(separator: "/").contains("..") else {
        item.report("must be /PATH or /PATH:size=64m,mode=755, not `\(text)`")
        return nil
      }
      var tmpfs = Topology.Tmpfs(path: parts[0])
      for option in parts.count == 2 ? parts[1].split(separator: ",") : [] {
        let pair = option.split(separator: "=", maxSplits: 1).map(String.init)
        switch (pair.first, pair.last) {
        case ("size", let size?) where pair.count == 2 && Quantity.bytes(size) != nil: tmpfs.size = Quantity.bytes(size)
        case ("mode", let mode?) where pair.count == 2 && Int(mode, radix: 8) != nil: tmpfs.mode = Int(mode, radix: 8)
        default: item.report("the option `\(option)` is not supported; size=BYTES and mode=OCTAL are")
        }
      }
      return tmpfs
    }
  }

  func mounts(_ value: YAMLValue?, into draft: inout ServiceDraft) {
    for item in value?.list() ?? [] {
      if item.isMap {
        item.report("the long form is not supported; write ./FOLDER:/PATH[:ro] or NAME:/PATH[:ro]")
        continue
      }
      guard let text = item.name() else { continue }
      let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      guard (2...3).contains(parts.count), parts.count == 2 || ["ro", "rw"].contains(parts[2]) else {
        item.report("must be ./FOLDER:/PATH[:ro] or NAME:/PATH[:ro], not `\(text)`")
        continue
      }
      guard parts[1].hasPrefix("/"), parts[1] != "/", !parts[1].split(separator: "/").contains("..") else {
        item.report("the path in the node must be absolute, not `\(parts[1])`")
        continue
      }
      if draft.service.mounts.contains(where: { $0.target == parts[1] }) {
        item.report("`\(parts[1])` is mounted twice")
      }
      var source = Topology.Mount.Source.volume(parts[0])
      if Self.isName(parts[0]) {
        draft.places["volumes.\(parts[0])"] = item.place
      } else {
        guard let folder = relativePath(parts[0], item) else { continue }
        source = .folder(folder)
      }
      draft.service.mounts.append(Topology.Mount(source: source, target: parts[1], readOnly: parts.last == "ro"))
    }
  }

  func secrets(_ value: YAMLValue?, into draft: inout ServiceDraft) {
    for item in value?.list() ?? [] {
      if item.isMap {
        item.report("the long form is not supported; write the secret's name")
        continue
      }
      guard let name = item.name() else { continue }
      if draft.service.secrets.contains(name) { item.report("names `\(name)` twice") }
      draft.service.secrets.append(name)
      draft.places["secrets.\(name)"] = item.place
    }
  }
}
