extension ComposeReader {
  /// Reads one service; nil if it is no map at all.
  func service(_ name: String, at place: YAMLPlace, _ value: YAMLValue, judge: Bool) -> ServiceDraft? {
    checkName(name, at: place, key: value.key)
    guard let map = value.map() else { return nil }
    var service = Topology.Service(name: name, judge: judge, place: place)
    service.entrypoint = words(map["entrypoint"])
    service.command = words(map["command"])
    if service.commandLine.isEmpty {
      problems.report("needs `command` or `entrypoint`: images are not used", at: place, key: value.key)
    }
    service.environment = environment(map["environment"])
    service.image = map["image"]?.name()
    // Whoever publishes them says what it takes: where nobody does, any form will do.
    service.ports = (map["ports"]?.list() ?? []).map { $0.isMap ? "the long form" : $0.string() ?? "" }
    service.user = user(map["user"])
    service.workingDirectory = map["working_dir"].flatMap(absolutePath)
    service.healthcheck = healthcheck(map["healthcheck"])
    service.replicas = replicas(map)
    service.ulimits = ulimits(map["ulimits"])
    service.memoryLimit = map["mem_limit"]?.bytes()
    service.tmpfs = tmpfs(map["tmpfs"])
    service.restart = restart(map["restart"])
    service.stopSignal = stopSignal(map["stop_signal"])
    if let grace = map["stop_grace_period"]?.duration() { service.stopGraceMilliseconds = grace.milliseconds }
    let profiles = map["profiles"]?.strings() ?? []
    var draft = ServiceDraft(service: service, active: isActive(profiles))
    dependencies(map["depends_on"], into: &draft)
    mounts(map["volumes"], into: &draft)
    secrets(map["secrets"], into: &draft)
    refuseOthers(in: map, ignoring: ComposeKeys.ignoredInService)
    return draft
  }

  private func checkName(_ name: String, at place: YAMLPlace, key: String) {
    let letters = name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
    guard letters, !name.isEmpty, name.first != "-", name.last != "-", name.count <= 50 else {
      problems.report(
        "a service's name is its host name: lower-case letters, digits and `-`, at most 50", at: place, key: key)
      return
    }
  }

  /// `command` and `entrypoint`: a list, or a line that is split as a shell does.
  private func words(_ value: YAMLValue?) -> [String]? {
    guard let value else { return nil }
    if value.isList { return value.strings() }
    guard let line = value.string() else { return nil }
    if let words = ShellWords.split(line) { return words }
    value.report("a quote is never closed, or a backslash ends the line")
    return nil
  }

  private func environment(_ value: YAMLValue?) -> [String: String] {
    guard let value else { return [:] }
    var result: [String: String] = [:]
    func set(_ name: String, _ text: String?, _ place: YAMLPlace, _ key: String) {
      guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || $0 == "=" || $0 == "\0" }) else {
        return problems.report("`\(name)` is no name of a variable", at: place, key: key)
      }
      // A name without a value takes the value that the file itself could use, and stays away if there is none.
      if let text = text ?? variables[name] { result[name] = text }
    }
    if value.isList {
      for item in value.list() {
        guard let text = item.string() else { continue }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        set(parts[0], parts.count == 2 ? parts[1] : nil, item.place, item.key)
      }
    } else if let map = value.map() {
      for (name, place, text) in map.entries() {
        if text.isNull {
          set(name, nil, place, text.key)
        } else if let text = text.string() {
          set(name, text, place, value.key)
        }
      }
    }
    return result
  }

  private func user(_ value: YAMLValue?) -> String? {
    guard let value, let text = value.name() else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let valid =
      parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && Self.isName(String($0).replacing("_", with: "a")) }
    if !valid { value.report("must be NAME, UID or USER:GROUP, not `\(text)`") }
    return valid ? text : nil
  }

  func absolutePath(_ value: YAMLValue) -> String? {
    guard let text = value.name() else { return nil }
    if text.hasPrefix("/"), !text.split(separator: "/").contains("..") { return text }
    value.report("must be an absolute path, not `\(text)`")
    return nil
  }

  private func replicas(_ map: YAMLMap) -> Int? {
    let scale = map["scale"]?.int(0...250)
    guard let deploy = map["deploy"]?.map() else { return scale }
    let replicas = deploy["replicas"]?.int(0...250)
    deploy.refuseOthers(allowingExtensions: true)
    if let scale, let replicas, scale != replicas {
      problems.report(
        "says \(scale), but deploy.replicas says \(replicas)", at: map.place(of: "scale"), key: map.path("scale"))
    }
    return replicas ?? scale
  }

  private func restart(_ value: YAMLValue?) -> Topology.RestartPolicy {
    guard let value, let text = value.string() else { return .never }
    if let policy = Topology.RestartPolicy(text) { return policy }
    let hint = Spelling.hint(for: text, among: ["always", "on-failure", "unless-stopped"])
    value.report("must be no, always, on-failure, on-failure:TIMES or unless-stopped, not `\(text)`\(hint)")
    return .never
  }

  private func stopSignal(_ value: YAMLValue?) -> String {
    guard let value, let text = value.name() else { return "SIGTERM" }
    let name = text.hasPrefix("SIG") ? text : "SIG\(text)"
    if ComposeKeys.signals.contains(name) { return name }
    value.report("must be one of \(ComposeKeys.signals.sorted().joined(separator: ", ")), not `\(text)`")
    return "SIGTERM"
  }
}

extension Duration {
  /// Whole milliseconds; a fraction counts as one more, so that a short time doesn't become none.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
