#pragma once
// Starts a node: a process in namespaces of its own (pid, mount, uts, ipc) with a root folder of its own.
// Swift cannot fork, and everything between clone and exec must be plain C.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// One thing mounted into a node's root.
struct firedrill_mount {
  /// What is bound, an absolute path without links; NULL for a fresh tmpfs.
  const char *source;
  /// Absolute path inside the node; made when it is not there.
  const char *target;
  int read_only;
  /// tmpfs only: mount options such as "size=67108864,mode=1777".
  const char *options;
};

/// A resource limit, as for setrlimit(2). What the hard limit is above `hard` is cut off; once lowered it cannot be raised again.
struct firedrill_limit {
  int resource;
  uint64_t soft, hard;
};

struct firedrill_node {
  const char *const *argv;
  const char *const *environment;
  const char *hostname;
  /// Working folder inside the node.
  const char *directory;
  /// An empty folder of the host on which the node's root is mounted, inside its own mount namespace.
  const char *root;
  /// The file that becomes the node's /etc/hosts.
  const char *hosts;
  const struct firedrill_mount *mounts;
  size_t mount_count;
  const struct firedrill_limit *limits;
  size_t limit_count;
  /// Whether uid and gid are to be changed (only root can).
  int change_user;
  uid_t uid;
  gid_t gid;
  /// Becomes standard output and error.
  int log_fd;
  /// Read end of a pipe whose only writer is the parent: at its end the parent is gone, and so is the node.
  int lifeline_read;
  int lifeline_write;
};

/// Starts the node and returns its pid (in the caller's pid namespace), or -1 with a text in `error`. Returns after exec.
pid_t firedrill_spawn(const struct firedrill_node *node, char *error, size_t error_size);

/// Gives the calling process, which must have one thread, a user namespace of its own in which it keeps its uid and may mount.
/// Returns 0, or -1 with a text in `error`.
int firedrill_enter_user_namespace(char *error, size_t error_size);

/// Gives the calling process a mount namespace in which `hosts` stands at /etc/hosts. Needs CAP_SYS_ADMIN (or the above).
int firedrill_enter_hosts(const char *hosts, char *error, size_t error_size);

/// Becomes `argv` inside a running node: in the namespaces of its first process, as its user, with its limits, in its folder /lab.
///
/// Returns the exit status of the command when it has ended (128 + signal), or -1 with a text in `error`. The calling process must
/// have one thread; its own environment is what its loader sees, `environment` only the command.
int firedrill_enter_node(
    pid_t node, const char *const *argv, const char *const *environment, char *error, size_t error_size);

/// Removes a folder with all that is in it, however deep it is and whatever its modes are; 0, or -1 with errno.
int firedrill_remove(const char *path);

/// Starts a plain child; fd 3 becomes `channel`. It dies with the calling thread unless it `outlives` it.
pid_t firedrill_spawn_child(
    const char *const *argv, const char *const *environment, int channel, int log_fd, int outlives, char *error,
    size_t error_size);

/// Blocks the signals and gives a descriptor that reads them (SIGCHLD, SIGTERM, SIGINT, SIGHUP).
int firedrill_signal_descriptor(void);
/// The next signal of that descriptor, 0 when there is none now.
int firedrill_next_signal(int descriptor);
/// A descriptor of a process that becomes readable when it ends (pidfd_open(2)); -1 with errno.
int firedrill_pidfd(pid_t pid);
/// Makes orphans of our nodes our children.
int firedrill_become_subreaper(void);
/// Reaps one ended child: its pid, 0 when none, -1 when there are no children. `code` is the exit status, `signal` its signal or 0.
pid_t firedrill_reap(int *code, int *signal);
/// Forks off into the background: 0 in the child (new session), the child's pid in the caller, -1 on failure.
pid_t firedrill_daemonize(int log_fd);
/// Binds and listens on a unix socket that only its owner may use; -1 with errno.
int firedrill_listen(const char *path);
/// Connects to a unix socket; -1 with errno.
int firedrill_connect(const char *path);
/// Accepts without inheritance, non-blocking; -1 with errno.
int firedrill_accept(int descriptor);
/// A pair of connected stream sockets, close-on-exec; 0 or -1 with errno.
int firedrill_socket_pair(int *left, int *right);
/// An exclusive lock on a file, held until the descriptor is closed: the descriptor, -1 when somebody holds it, -2 on error.
int firedrill_lock_file(const char *path);

/// Takes a name that only one process of this machine (of its network namespace) can have at a time.
///
/// Returns a descriptor that holds the name until its last copy is closed, -1 when somebody has it, -2 on another error.
int firedrill_take_name(const char *name);
