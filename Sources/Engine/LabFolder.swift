public import Foundation
public import Topology

/// The folder that a trainee edits, and what Firedrill keeps in it.
public struct LabFolder: Sendable, Equatable {
  /// What `start` fixed about a lab.
  public struct State: Codable, Sendable, Equatable {
    /// Eight hexadecimal digits at most; names the run folder.
    public var id: String
    /// The scenario's id.
    public var scenario: String
    /// Fixes what the lab draws by chance.
    public var seed: UInt64
    /// Whether people see an incident number instead of the scenario.
    public var blind: Bool
    /// What runs the nodes: an `EngineKind`.
    public var engine: String
    /// Seconds since 1970.
    public var startedAt: Double

    /// Makes a state; `startedAt` in seconds since 1970.
    public init(id: String, scenario: String, seed: UInt64, blind: Bool, engine: String, startedAt: Double) {
      self.id = id
      self.scenario = scenario
      self.seed = seed
      self.blind = blind
      self.engine = engine
      self.startedAt = startedAt
    }

    /// What runs the nodes.
    public var kind: EngineKind { EngineKind(rawValue: engine) ?? .process }

    /// What people see: the scenario's id, or a number that says nothing in a blind lab.
    public var shownName: String { blind ? "incident-\(id.prefix(6))" : scenario }
  }

  /// Absolute path without a final slash.
  public let path: String

  /// Names a lab folder; a relative path counts from the working folder.
  public init(path: String) {
    let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    self.path = URL(fileURLWithPath: absolute).standardizedFileURL.path
  }

  /// The lab that a folder, by default the working folder, is in or is.
  public static func around(_ start: String? = nil) -> String? {
    var folder = start ?? FileManager.default.currentDirectoryPath
    while folder != "/", !folder.isEmpty {
      if FileManager.default.fileExists(atPath: LabFolder(path: folder).stateFile) { return folder }
      folder = (folder as NSString).deletingLastPathComponent
    }
    return nil
  }

  /// What `tell` makes of each file that is the trainee's, by its path in the folder. Links and the like are left out.
  public func ownFiles(_ tell: (_ path: String, _ info: stat) -> String) -> [String: String] {
    var result: [String: String] = [:]
    let all = FileManager.default.enumerator(atPath: path)
    while let name = all?.nextObject() as? String {
      let first = name.split(separator: "/").first.map(String.init) ?? name
      if Self.ownNames.contains(first) {
        all?.skipDescendants()
        continue
      }
      var info = stat()
      guard lstat("\(path)/\(name)", &info) == 0, info.st_mode & S_IFMT == S_IFREG else { continue }
      result[name] = tell("\(path)/\(name)", info)
    }
    return result
  }

  /// What Firedrill keeps; not the trainee's.
  public var stateFolder: String { path + "/.firedrill" }
  /// `State` as JSON.
  public var stateFile: String { stateFolder + "/lab.json" }
  /// The lab's files as they began.
  public var pristine: String { stateFolder + "/pristine" }
  /// A log for each node of the lab.
  public var logs: String { path + "/logs" }
  /// One file a secret, in a folder that only its owner can enter.
  public var secrets: String { path + "/secrets" }
  /// One folder a grade.
  public var evidence: String { path + "/.evidence" }
  /// What changed and when.
  public var changeLog: String { stateFolder + "/changes.jsonl" }

  /// The post-mortem.
  public var postMortem: String { path + "/postmortem.md" }
  /// What in the folder is not the topology's: kept by a reset, and no change of the lab.
  public static let ownNames: Set<String> = [
    ".firedrill", ".evidence", "logs", "secrets", "postmortem.md", ComposeOverride.fileName,
  ]

  /// The state of the lab, or nil where no lab was started.
  public func state() throws -> State? {
    guard let data = FileManager.default.contents(atPath: stateFile) else { return nil }
    var state = try JSONDecoder().decode(State.self, from: data)
    state.scenario = Self.plain(state.scenario)
    return state
  }

  /// The state of a lab that must be there.
  public func requireState() throws -> State {
    guard let state = try state() else {
      throw EngineError("\(path) is no lab: start one with `firedrill start ID --lab \(path)`", code: .usage)
    }
    return state
  }

  /// Writes the state; that of a blind lab so that neither `cat` nor `grep` gives the scenario away. It is no secret:
  /// whoever decodes it wants to know.
  public func save(_ state: State) throws {
    var state = state
    if state.blind { state.scenario = Self.coded + Data(state.scenario.utf8).base64EncodedString() }
    try FileManager.default.createDirectory(atPath: stateFolder, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try encoder.encode(state).write(to: URL(fileURLWithPath: stateFile), options: .atomic)
  }

  /// Begins a scenario's id that is not written as it is.
  private static let coded = "base64:"

  private static func plain(_ scenario: String) -> String {
    guard scenario.hasPrefix(coded), let data = Data(base64Encoded: String(scenario.dropFirst(coded.count))) else {
      return scenario
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// The services' program: the one that `apply --build` put into the lab, or the installation's.
  func fleetProgram(_ installation: Installation) -> String {
    let own = stateFolder + "/bin/fleet"
    return FileManager.default.isExecutableFile(atPath: own) ? own : installation.fleet
  }

  // MARK: Making one

  /// Lays the base topology and the scenario's files down, generates secrets, keeps a pristine copy.
  ///
  /// Throws when the folder holds something already, unless `force`.
  ///
  /// - Parameter project: what Docker Compose calls it: another lab's volumes hold another lab's databases.
  public func make(scenario: String, installation: Installation, project: String, force: Bool) throws {
    let files = FileManager.default
    var info = stat()
    if lstat(path, &info) == 0, info.st_mode & S_IFMT != S_IFDIR || info.st_uid != getuid() {
      // What `apply` runs from a lab runs with our rights: nobody else may own its folder.
      throw EngineError("\(path) is not a folder of yours: name another", code: .usage)
    }
    let existing = (try? files.contentsOfDirectory(atPath: path)) ?? []
    if !existing.isEmpty {
      guard force else {
        throw EngineError(
          "\(path) is not empty: a lab is never overwritten without --force; `firedrill start --continue` starts the "
            + "one that is there", code: .usage)
      }
      guard try state() != nil else {
        throw EngineError("\(path) is not empty and no lab: --force replaces labs only", code: .usage)
      }
      for name in existing { try files.removeItem(atPath: "\(path)/\(name)") }
    }
    try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Self.lay(installation.baseLab, over: path)
    try Self.lay(installation.scenario(scenario) + "/lab", over: path)
    try files.createDirectory(atPath: logs, withIntermediateDirectories: true)
    try makeSecrets()
    try files.createDirectory(atPath: pristine, withIntermediateDirectories: true)
    try Self.lay(installation.baseLab, over: pristine)
    try Self.lay(installation.scenario(scenario) + "/lab", over: pristine)
    for folder in [path, pristine] { try Self.name(project, in: folder + "/.env") }
    for folder in [path, logs] where chmod(folder, 0o755) != 0 { throw EngineError.system("chmod \(folder)") }
  }

  private static func name(_ project: String, in file: String) throws {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    let words = "# By which Docker Compose knows this lab from others.\nCOMPOSE_PROJECT_NAME=\(project)\n"
    try (text + end + words).write(toFile: file, atomically: false, encoding: .utf8)
  }

  /// Puts every file back as it was when the lab began, and removes new ones; keeps secrets, logs, evidence
  /// and post-mortem.
  public func restorePristine() throws {
    let files = FileManager.default
    for name in try files.contentsOfDirectory(atPath: path) where !Self.ownNames.contains(name) {
      try files.removeItem(atPath: "\(path)/\(name)")
    }
    try? files.removeItem(atPath: stateFolder + "/bin")
    try Self.lay(pristine, over: path)
  }

  /// Writes down what Docker Compose needs beside the lab's own file.
  public func writeOverride(_ topology: Topology) throws {
    let override = ComposeOverride(topology)
    let prometheus = "\(path)/\(ComposeOverride.prometheusFile)"
    try FileManager.default.createDirectory(
      atPath: (prometheus as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try override.prometheus().write(toFile: prometheus, atomically: true, encoding: .utf8)
    let file = "\(path)/\(ComposeOverride.fileName)"
    if let old = try? String(contentsOfFile: file, encoding: .utf8), !old.hasPrefix(ComposeOverride.firstLine) {
      throw EngineError(
        "\(file) is not ours, and would be written over: put what it says into compose.yaml", code: .usage)
    }
    try override.yaml().write(toFile: file, atomically: true, encoding: .utf8)
    // Of Compose's own: those that our engine gives the same nodes never enter this folder.
    for secret in topology.secrets where secret.judge {
      let file = "\(secrets)/\(secret.name)"
      if !FileManager.default.fileExists(atPath: file) { try Self.makeSecret(at: file, mode: 0o444) }
    }
    for name in [file, prometheus] where chmod(name, 0o644) != 0 { throw EngineError.system("chmod \(name)") }
  }

  /// Makes every secret that the topology expects in the folder `secrets` and that is not there yet.
  ///
  /// - Throws: `ProblemsError` for a topology that can't be read.
  public func makeSecrets() throws {
    try RunDirectory.makePrivateFolder(secrets)
    for secret in try Topology.load(lab: path).secrets where secret.file == "secrets/\(secret.name)" {
      let file = "\(path)/\(secret.file)"
      // The folder keeps others out; Compose mounts the file itself, and whoever it is for must be able to read it.
      if !FileManager.default.fileExists(atPath: file) { try Self.makeSecret(at: file, mode: 0o444) }
    }
  }

  /// 32 random hexadecimal digits in a file.
  static func makeSecret(at path: String, mode: Int = 0o600) throws {
    var random = SystemRandomNumberGenerator()
    let word = (0..<2).map { _ in String(random.next(), radix: 16) }
      .map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data((word + "\n").utf8), attributes: [.posixPermissions: mode])
    else { throw EngineError("cannot write \(path)") }
  }

  /// Copies a tree over another: files replace files, folders are merged.
  static func lay(_ source: String, over target: String) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: source) else { return }
    for name in try files.contentsOfDirectory(atPath: source) {
      var isFolder = ObjCBool(false)
      _ = files.fileExists(atPath: "\(source)/\(name)", isDirectory: &isFolder)
      if isFolder.boolValue {
        try files.createDirectory(atPath: "\(target)/\(name)", withIntermediateDirectories: true)
        try lay("\(source)/\(name)", over: "\(target)/\(name)")
      } else {
        try? files.removeItem(atPath: "\(target)/\(name)")
        try files.copyItem(atPath: "\(source)/\(name)", toPath: "\(target)/\(name)")
      }
    }
  }
}
