public import Engine
import Foundation

/// What a lab that nobody has looked at may use of this machine.
public struct LabBounds: Sendable {
  /// What is used too much.
  public struct Excess: Error, Sendable, Equatable, CustomStringConvertible {
    /// `too_many_processes`, `too_much_memory` or `too_much_disk`.
    public var reason: String
    /// In words.
    public var description: String
    /// Whether the lab uses it; otherwise it is gone from the machine since the lab began, and others may have it.
    public var isCertain = true
  }

  /// Processes and threads. (200 instances beside their databases have about 2,000.)
  public var tasks = 6_000
  /// Bytes of memory that are its processes' own, pages that several have in equal parts; with what is in files in
  /// memory.
  public var memoryBytes = 4 << 30
  /// Bytes of its volumes, logs and files, and of files that have no name any more.
  public var diskBytes = 4 << 30
  /// Its files and folders.
  public var files = 200_000

  /// The bounds of `firedrill verify`.
  public init() {}

  /// Looks once a second until something is too much, and then throws it; ends when its task is cancelled.
  public func watch(_ run: RunDirectory, lab: LabFolder) async throws {
    let disks = [RunDirectory.base, lab.path]
    let before = MachineUse.now(disks)
    var guardian: GuardianClient?
    var containers: [Int32] = []
    while !Task.isCancelled {
      if guardian == nil, run.dockerSocket != nil { guardian = try? GuardianClient.connect(run) }
      // The first processes of its containers are nobody's children here. A guardian that is slow to tell leaves those
      // that it told last.
      if let pids = try? await guardian?.pids() { containers = pids }
      let roots = [run.guardianPID].compactMap { $0 } + containers
      // The machine first: what the lab takes while it is looked at must not seem to be taken by others.
      let now = MachineUse.now(disks)
      if let excess = excess(below: roots, folders: [run.volumes, lab.path]) { throw excess }
      if let excess = excess(since: before, now) { throw excess }
      try await Task.sleep(for: .seconds(1))
    }
  }

  /// What is too much now, if anything.
  func excess(below roots: [Int32], folders: [String]) -> Excess? {
    let used = ProcessTree.usage(below: roots)
    if used.tasks > tasks {
      return Excess(reason: "too_many_processes", description: "\(used.tasks) processes and threads, at most \(tasks)")
    }
    // Pages that a server shares with its children count for each of them at first; the true sum takes long to get.
    if used.memoryBytes > memoryBytes {
      let memory = ProcessTree.sharedFairly(below: roots)
      if memory > memoryBytes {
        return Excess(
          reason: "too_much_memory", description: "\(memory >> 20) MB of memory, at most \(memoryBytes >> 20)")
      }
    }
    var disk = 0
    var count = 0
    for folder in folders { add(folder, to: &disk, &count) }
    if disk > diskBytes {
      return Excess(reason: "too_much_disk", description: "\(disk >> 20) MB of disk, at most \(diskBytes >> 20)")
    }
    if count > files { return Excess(reason: "too_much_disk", description: "more than \(files) files and folders") }
    return nil
  }

  /// What no process and no folder shows: files without a name, and files in memory. The machine is short of them.
  func excess(since before: MachineUse, _ now: MachineUse) -> Excess? {
    let others = "are gone from this machine since the lab began, and neither its processes nor its files show them"
    let memory = now.filesInMemory - before.filesInMemory
    if memory > memoryBytes {
      return Excess(reason: "too_much_memory", description: "\(memory >> 20) MB of memory \(others)", isCertain: false)
    }
    for (then, disk) in zip(before.disks, now.disks) {
      if then.bytes - disk.bytes > diskBytes {
        let gone = (then.bytes - disk.bytes) >> 20
        return Excess(reason: "too_much_disk", description: "\(gone) MB of disk \(others)", isCertain: false)
      }
      if then.files - disk.files > files {
        let gone = then.files - disk.files
        return Excess(reason: "too_much_disk", description: "\(gone) files \(others)", isCertain: false)
      }
    }
    return nil
  }

  /// Adds what a folder takes on the disk; ends where it is too much already.
  private func add(_ folder: String, to bytes: inout Int, _ count: inout Int) {
    let all = FileManager.default.enumerator(atPath: folder)
    while count <= files, let name = all?.nextObject() as? String {
      var info = stat()
      count += 1
      if lstat("\(folder)/\(name)", &info) == 0 { bytes += Int(info.st_blocks) * 512 }
    }
  }
}
