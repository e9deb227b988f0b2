import CPlatform
import Foundation

/// Where a running lab keeps its sockets, journal and volumes: outside the lab folder, readable by its owner only.
public struct RunDirectory: Sendable, Equatable {
  /// Absolute path.
  public let path: String

  /// The folder that holds the run folders of this user's labs: `FIREDRILL_RUN`, or `/var/tmp/firedrill-UID`.
  ///
  /// Not `/run` or `/tmp`: both are often in memory, and databases live here.
  public static var base: String {
    ProcessInfo.processInfo.environment["FIREDRILL_RUN"] ?? "/var/tmp/firedrill-\(getuid())"
  }

  /// The run folder of a lab by its id.
  public init(labID: String) { self.init(path: Self.base + "/" + labID) }
  init(path: String) { self.path = path }

  /// Where the guardian takes orders.
  public var guardianSocket: String { path + "/guardian.sock" }
  /// Locked for as long as the guardian lives.
  public var guardianLock: String { path + "/guardian.lock" }
  /// The guardian's process; nil before it has begun.
  public var guardianPID: Int32? { (try? String(contentsOfFile: pidFile, encoding: .utf8)).flatMap { Int32($0) } }
  var pidFile: String { path + "/guardian.pid" }
  /// What the guardian had to say.
  public var guardianLog: String { path + "/guardian.log" }
  /// Where the controller serves its API.
  public var controllerSocket: String { path + "/controller.sock" }
  /// What the controller had to say.
  public var controllerLog: String { path + "/controller.log" }
  /// The token of the controller's API, mode 0600.
  public var tokenFile: String { path + "/token" }
  /// Faults, applied and undone.
  public var journal: String { path + "/journal.jsonl" }
  /// The number of the lab's block of addresses.
  var blockFile: String { path + "/block" }
  /// Each node mounts its root here, in its own mount namespace.
  public var nodeRoot: String { path + "/root" }
  /// Every node has this as /etc/hosts.
  public var hostsFile: String { path + "/hosts" }
  /// The socket of the Docker engine that the lab's containers are in; not there for processes.
  var dockerSocketFile: String { path + "/docker" }
  /// That socket; nil for processes.
  public var dockerSocket: String? { try? String(contentsOfFile: dockerSocketFile, encoding: .utf8) }
  /// The evidence of a blind lab's grades: beside this folder, which goes when the lab ends.
  public var blindEvidence: String { path + ".evidence" }
  /// Named volumes of the lab's.
  public var volumes: String { path + "/volumes" }
  /// Those of the judge's, whatever the lab calls its own.
  var judgeVolumes: String { path + "/judge-volumes" }
  /// Copies of secrets, by the user who may read them.
  public var secrets: String { path + "/secrets" }
  /// Secrets of the judge, which the lab folder never holds.
  public var judgeSecrets: String { path + "/judge-secrets" }
  /// Files that the engine keeps current for judge nodes (Prometheus' targets).
  public var judgeRun: String { path + "/judge-run" }
  /// Programs that nodes find in /app/bin.
  public var programs: String { path + "/bin" }
  /// The topology as it was applied last.
  public var appliedTopology: String { path + "/applied.json" }

  /// Makes the folders, mode 0700 where they hold something private.
  public func create() throws {
    try Self.makePrivateFolder(Self.base)
    try Self.makePrivateFolder(path)
    for folder in [nodeRoot, volumes, judgeVolumes, secrets, judgeRun, programs] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    try Self.makePrivateFolder(judgeSecrets)
    guard chmod(programs, 0o755) == 0, chmod(judgeRun, 0o755) == 0 else { throw EngineError.system("chmod \(path)") }
  }

  /// A folder in a place that others can write to must be ours, and ours alone.
  static func makePrivateFolder(_ path: String) throws {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw EngineError.system("cannot make \(path)") }
    var info = stat()
    guard lstat(path, &info) == 0 else { throw EngineError.system("cannot look at \(path)") }
    guard info.st_mode & S_IFMT == S_IFDIR, info.st_uid == getuid() else {
      throw EngineError("\(path) belongs to somebody else: remove it or set FIREDRILL_RUN to a folder of your own")
    }
    guard chmod(path, 0o700) == 0 else { throw EngineError.system("cannot protect \(path)") }
  }

  /// True while a guardian holds the lab.
  public var isAlive: Bool {
    let lock = firedrill_lock_file(guardianLock)
    if lock >= 0 { close(lock) }
    return lock == -1
  }

  /// True while a controller takes connections.
  public var controllerListens: Bool {
    let descriptor = firedrill_connect(controllerSocket)
    // One that many wait for listens too.
    guard descriptor >= 0 else { return errno == EAGAIN }
    close(descriptor)
    return true
  }

  /// Removes what dead guardians of this user left behind; returns the ids of the labs that were cleaned.
  ///
  /// Their nodes are gone already: each dies with its guardian. What remains are files; of containers also those whose
  /// keeper was killed too.
  @discardableResult
  public static func sweep() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
    // Engines that don't answer: none is waited for twice.
    var mute: Set<String> = []
    return names.filter { name in
      let run = RunDirectory(labID: name)
      if name.hasSuffix(goneSuffix) { return (try? Removal.remove(run.path)) != nil }
      guard FileManager.default.fileExists(atPath: run.guardianLock) else { return false }
      // Held while the files go, so that no guardian starts among them.
      let lock = firedrill_lock_file(run.guardianLock)
      guard lock >= 0 else { return false }
      defer { close(lock) }
      // Kept while its containers can't be removed: nothing else knows of them. An engine whose socket is gone is gone
      // with them.
      if let socket = run.dockerSocket, FileManager.default.fileExists(atPath: socket) {
        guard !mute.contains(socket) else { return false }
        guard (try? ContainerRemoval.remove(run, socket: socket)) != nil else {
          mute.insert(socket)
          return false
        }
      }
      return (try? run.remove()) != nil
    }
  }

  /// Of folders that nobody needs any more, in whatever state their removal left them.
  private static let goneSuffix = ".gone"

  /// Removes the folder. Where this process ends in the midst of it the next `sweep` goes on.
  func remove() throws {
    let gone = path + Self.goneSuffix
    try Removal.remove(rename(path, gone) == 0 ? gone : path)
  }

  /// Takes a block of 127.0.0.0/8 for as long as the returned descriptor is open: 127.B.0.0/16 with B from 64 to 223.
  static func takeBlock() throws -> (block: Int, lock: Int32) {
    // One space of names for all users of the machine: addresses are shared by all of them.
    for block in 64..<224 {
      let lock = firedrill_take_name("firedrill-block-\(block)")
      if lock >= 0 { return (block, lock) }
    }
    throw EngineError("no free block of addresses: stop a lab")
  }
}

extension EngineError {
  /// An error of the system's, with errno's words.
  static func system(_ what: String) -> EngineError { EngineError("\(what): \(String(cString: strerror(errno)))") }
}
