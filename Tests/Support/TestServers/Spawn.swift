import Foundation

/// Starts programs with an empty signal mask. Foundation's `Process` hands down the mask of the calling thread, and the
/// threads that run Swift tasks block signals: a shell that never sees SIGCHLD waits for ever.
enum Spawn {
  /// - Parameters:
  ///   - command: an absolute path and the arguments.
  ///   - input: the child's standard input; nil: /dev/null.
  ///   - output: a file for standard output and standard error.
  static func start(_ command: [String], input: Int32?, output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, environ)
    guard failure == 0 else { throw ServerFailure.failed("\(command[0]): \(String(cString: strerror(failure)))") }
    return pid
  }
}
