import Foundation
import Synchronization

// The libraries for a static release build, which has no use for this target and makes it all the same, are without it.
#if canImport(Testing)
  import Testing
#endif

/// Why a test server could not be used. Tests fail with it; they are never skipped.
public enum ServerFailure: Error, CustomStringConvertible {
  /// A program is not installed.
  case missing(program: String, package: String)
  /// It did not start, or did not do what it was told, in time.
  case failed(String)

  /// What to do about it.
  public var description: String {
    switch self {
    case .missing(let program, let package): "\(program) is not installed: apt-get install \(package)"
    case .failed(let text): text
    }
  }
}

/// One server in a temporary folder, under a small shell that ends it and removes the folder as soon as the pipe to it
/// is closed: by `stop`, or by the end of this process, however that comes.
final class ServerProcess: Sendable {
  /// Where the server keeps its files; gone after the end.
  let directory: String
  /// The user it runs as; nil: ours.
  let user: String?
  private let pipe: Mutex<FileHandle?>
  private let shell: Mutex<pid_t?>
  private let sequence = Atomic<Int>(0)

  // Other tests' descriptors are closed, whatever their numbers: who holds the end of his own pipe never ends. bash has
  // none of its own with -c.
  private static let script = """
    dir=$1; signal=$2; shift 2; cd "$dir" || exit 1
    for f in /proc/$$/fd/*; do n=${f##*/}; [ "$n" -gt 2 ] && eval "exec $n>&-"; done
    trap '' INT TERM HUP
    child=
    end() { if [ -n "$child" ]; then kill -"$1" "$child" 2>/dev/null; wait "$child" 2>/dev/null; child=; fi; }
    while read -r verb number; do
      case $verb in
        start) "$@" >>"$dir/server.log" 2>&1 </dev/null & child=$! ;;
        stop) end "$signal" ;;
        kill) end KILL ;;
        pause) kill -STOP "$child" ;;
        resume) kill -CONT "$child" ;;
      esac
      echo "$number" >"$dir/answered"
    done
    [ -n "$child" ] && kill -CONT "$child" 2>/dev/null
    end "$signal"
    rm -rf "$dir"
    """

  /// Makes the folder, owned by `user`; `prepare` fills it before the shell starts.
  ///
  /// - Parameter signal: the one that stops the server at once, without its `SIG`.
  init(
    name: String, user wanted: String, signal: String,
    prepare: (_ directory: String, _ user: String?) throws -> [String]
  ) throws {
    let isRoot = geteuid() == 0
    user = isRoot ? wanted : nil
    var template = Array("/tmp/firedrill-\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ServerFailure.failed("mkdtemp: \(String(cString: strerror(errno)))") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    directory = folder
    do {
      try Self.give(folder, to: user)
      let command = try prepare(folder, user)
      let input = Pipe()
      let arguments = ["/bin/bash", "-c", Self.script, "server", folder, signal] + command
      shell = Mutex(
        try Spawn.start(
          Self.asUser(user, arguments), input: input.fileHandleForReading.fileDescriptor, output: folder + "/shell.log")
      )
      try? input.fileHandleForReading.close()
      pipe = Mutex(input.fileHandleForWriting)
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  /// Sends a verb to the shell and waits until it is done.
  func tell(_ verb: String) async throws {
    let number = sequence.add(1, ordering: .relaxed).newValue
    try pipe.withLock { handle in
      guard let handle else { throw ServerFailure.failed("the server is stopped") }
      try handle.write(contentsOf: Data("\(verb) \(number)\n".utf8))
    }
    let answer = directory + "/answered"
    try await eventually("\(verb) of \(directory)") {
      (try? String(contentsOfFile: answer, encoding: .utf8)) == "\(number)\n"
    }
  }

  /// Ends the server and removes its folder; waits until both are done.
  func end() async {
    pipe.withLock { handle in
      try? handle?.close()
      handle = nil
    }
    let pid = shell.withLock { shell in
      defer { shell = nil }
      return shell
    }
    guard let pid else { return }
    func hasEnded() -> Bool {
      var status: Int32 = 0
      return waitpid(pid, &status, WNOHANG) != 0
    }
    do { try await eventually("end of \(directory)", within: 20, hasEnded) } catch {
      #if canImport(Testing)
        Issue.record("it is killed, for it did not end: \(error)")
      #endif
      let servers = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
      for server in servers.split(separator: " ").compactMap({ pid_t($0) }) { kill(server, SIGKILL) }
      // The shell sees to the rest, unless it hangs itself.
      if (try? await eventually("end of \(directory)", within: 5, hasEnded)) == nil { kill(pid, SIGKILL) }
    }
  }

  /// What the server wrote.
  var log: String { (try? String(contentsOfFile: directory + "/server.log", encoding: .utf8)) ?? "" }

  static func asUser(_ user: String?, _ command: [String]) -> [String] {
    guard let user else { return command }
    return ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"] + command
  }

  /// Makes a user the owner of a file, when we are root.
  static func give(_ path: String, to user: String?) throws {
    guard let user else { return }
    guard let entry = getpwnam(user), chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
      throw ServerFailure.failed("chown \(path) \(user): \(String(cString: strerror(errno)))")
    }
  }

  /// Runs a program to its end.
  static func run(_ command: [String], in directory: String) throws {
    let log = directory + "/setup.log"
    let pid = try Spawn.start(command, input: nil, output: log)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    guard status == 0 else {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      throw ServerFailure.failed("\(command.joined(separator: " ")): \(text)")
    }
  }

  /// The path of a program, or an error that names its package.
  static func find(_ program: String, in folders: [String] = [], package: String) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for folder in folders + path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"] {
      let candidate = folder + "/" + program
      if access(candidate, X_OK) == 0 { return candidate }
    }
    throw ServerFailure.missing(program: program, package: package)
  }
}
