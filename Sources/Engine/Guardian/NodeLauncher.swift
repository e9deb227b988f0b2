import CPlatform
import Foundation

/// Starts processes for the guardian: turns a spec into the C structures that `firedrill_spawn` wants.
struct NodeLauncher {
  /// Folder on the host at which each node mounts its root, inside its own mount namespace.
  let root: String
  let hosts: String
  /// Both ends of a pipe that only the guardian holds for writing.
  let lifelineRead: Int32
  let lifelineWrite: Int32

  init(run: RunDirectory) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw EngineError("cannot make a pipe: \(String(cString: strerror(errno)))") }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    lifelineRead = ends[0]
    lifelineWrite = ends[1]
    root = run.nodeRoot
    hosts = run.hostsFile
  }

  /// Returns the pid when the node's program runs.
  func launch(_ spec: SpawnSpec) throws -> Int32 {
    let log = try NodeLog.descriptor(spec.log)
    defer { close(log) }
    let text = CTexts()
    let mounts = spec.mounts.map { mount in
      firedrill_mount(
        source: mount.source.map(text.pointer), target: text.pointer(mount.target),
        read_only: mount.readOnly ? 1 : 0, options: text.pointer(mount.options))
    }
    let limits = spec.limits.map { firedrill_limit(resource: $0.resource, soft: $0.soft, hard: $0.hard) }
    var message = [CChar](repeating: 0, count: 512)
    let pid = mounts.withUnsafeBufferPointer { mounts in
      limits.withUnsafeBufferPointer { limits in
        var node = firedrill_node()
        node.argv = text.vector(spec.argv)
        node.environment = text.vector(spec.environment)
        node.hostname = text.pointer(spec.node)
        node.directory = text.pointer(spec.directory)
        node.root = text.pointer(root)
        node.hosts = text.pointer(hosts)
        node.mounts = mounts.baseAddress
        node.mount_count = mounts.count
        node.limits = limits.baseAddress
        node.limit_count = limits.count
        node.change_user = spec.user == nil ? 0 : 1
        node.uid = spec.user?.uid ?? 0
        node.gid = spec.user?.gid ?? 0
        node.log_fd = log
        node.lifeline_read = lifelineRead
        node.lifeline_write = lifelineWrite
        return withExtendedLifetime(text) { firedrill_spawn(&node, &message, message.count) }
      }
    }
    guard pid > 0 else { throw EngineError("cannot start \(spec.node): \(message.text)") }
    return pid
  }

  /// Starts a program with `channel` as its descriptor 3; it ends with this process, unless it `outlives` it.
  static func launchChild(
    _ argv: [String], environment: [String], channel: Int32, log: Int32, outlives: Bool = false
  ) throws -> Int32 {
    let text = CTexts()
    var message = [CChar](repeating: 0, count: 512)
    let pid = withExtendedLifetime(text) {
      firedrill_spawn_child(
        text.vector(argv), text.vector(environment), channel, log, outlives ? 1 : 0, &message, message.count)
    }
    guard pid > 0 else { throw EngineError("cannot start \(argv.first ?? ""): \(message.text)") }
    return pid
  }
}

extension [CChar] {
  /// The text up to the terminating zero.
  var text: String { String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}

/// Owns C copies of strings for as long as a call needs them.
final class CTexts {
  private var copies: [UnsafeMutablePointer<CChar>] = []
  private var vectors: [UnsafeMutablePointer<UnsafePointer<CChar>?>] = []

  func pointer(_ text: String) -> UnsafePointer<CChar> {
    guard let copy = strdup(text) else { preconditionFailure("out of memory") }
    copies.append(copy)
    return UnsafePointer(copy)
  }

  /// A null-terminated vector, as exec wants it.
  func vector(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    let vector = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { vector[index] = pointer(text) }
    vector[texts.count] = nil
    vectors.append(vector)
    return UnsafePointer(vector)
  }

  deinit {
    copies.forEach { free($0) }
    vectors.forEach { $0.deallocate() }
  }
}
