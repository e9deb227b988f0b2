#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct entry {
  uid_t uid;
  gid_t gid;
};

static int tell(char *error, size_t size, const char *step) {
  snprintf(error, size, "%s: %s", step, strerror(errno));
  return -1;
}

// Not the owner of /proc/PID: that is root for a process that has made itself undumpable.
static int read_ids(int process, struct entry *entry) {
  char text[4096];
  int fd = openat(process, "status", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length > 0 ? length : 0] = 0;
  // A name holds no line's end: the kernel writes it as \n.
  char *uid = strstr(text, "\nUid:"), *gid = strstr(text, "\nGid:");
  errno = EINVAL;
  if (!uid || !gid) return -1;
  entry->uid = (uid_t)strtoul(uid + 5, NULL, 10);
  entry->gid = (gid_t)strtoul(gid + 5, NULL, 10);
  return 0;
}

static int enter_namespaces(int process) {
  static const char *const names[] = {"ns/user", "ns/mnt", "ns/uts", "ns/ipc", "ns/pid", "ns/net"};
  enum { count = sizeof names / sizeof *names };
  struct stat ours, theirs;
  char own[32];
  int fds[count], is_own[count];
  // All are opened before the first is entered: /proc is another one afterwards.
  for (int i = 0; i < count; i++) {
    snprintf(own, sizeof own, "/proc/self/%s", names[i]);
    fds[i] = openat(process, names[i], O_RDONLY | O_CLOEXEC);
    if (fds[i] < 0 || stat(own, &ours) || fstat(fds[i], &theirs)) return -1;
    // Nobody may enter a user namespace that he is in, nor an ordinary user the machine's network.
    is_own[i] = ours.st_ino == theirs.st_ino;
  }
  for (int i = 0; i < count; i++) {
    if (!is_own[i] && setns(fds[i], 0)) return -1;
  }
  return 0;
}

// The limits of the node's first process, which is 1 in here. Asked as the node's user, who may.
static int take_limits(void) {
  struct rlimit limit, own;
  for (int i = 0; i < RLIM_NLIMITS; i++) {
    if (prlimit(1, (__rlimit_resource_t)i, NULL, &limit) || getrlimit((__rlimit_resource_t)i, &own)) return -1;
    if (limit.rlim_max > own.rlim_max) limit.rlim_max = own.rlim_max;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)i, &limit)) return -1;
  }
  return 0;
}

static void run(const struct entry *entry, const char *const *argv, const char *const *environment) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  const char *step = "chdir /lab";
  if (chdir("/lab")) goto failed;
  step = "become the node's user";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) goto failed;
  if (geteuid() == 0 && (setgroups(1, &entry->gid) || setresgid(entry->gid, entry->gid, entry->gid) ||
                         setresuid(entry->uid, entry->uid, entry->uid))) goto failed;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL)) goto failed;
  step = "take over limits";
  if (take_limits()) goto failed;
  // The search for the program must use the node's PATH, not ours.
  environ = (char **)environment;
  execvp(argv[0], (char *const *)argv);
  step = argv[0];
failed:;
  int problem = errno;
  dprintf(2, "firedrill: %s: %s\n", step, strerror(problem));
  // As shells do.
  _exit(problem == ENOENT ? 127 : 126);
}

// Stops with the command, as a shell of the caller's expects of a job of its own.
static int await(pid_t child) {
  int status;
  while (waitpid(child, &status, WUNTRACED) >= 0 || errno == EINTR) {
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    if (!WIFSTOPPED(status)) continue;
    raise(SIGSTOP);
    kill(child, SIGCONT);
  }
  return 126;
}

int firedrill_enter_node(
    pid_t node, const char *const *argv, const char *const *environment, char *error, size_t error_size) {
  struct entry entry;
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", (int)node);
  int process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process < 0 || read_ids(process, &entry)) return tell(error, error_size, path);
  if (enter_namespaces(process)) return tell(error, error_size, "enter the node");
  // Root of the node would be root of this machine.
  if (geteuid() == 0 && entry.uid == 0) entry.uid = entry.gid = 65534;
  pid_t child = fork();
  if (child < 0) return tell(error, error_size, "fork");
  if (child == 0) run(&entry, argv, environment);
  // What the keyboard says is the command's.
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  return await(child);
}
