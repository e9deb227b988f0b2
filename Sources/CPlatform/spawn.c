#define _GNU_SOURCE
#include "spawn.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failure_fd = -1;

void firedrill_fail(const char *step, const char *what) {
  char text[512];
  int length = snprintf(text, sizeof text, "%s %s: %s", step, what ? what : "", strerror(errno));
  if (length > 0 && write(failure_fd, text, (size_t)length) < 0) _exit(126);
  _exit(127);
}

static void become_user(const struct firedrill_node *node) {
  for (size_t i = 0; i < node->limit_count; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)node->limits[i].resource, &limit)) firedrill_fail("getrlimit", "");
    if (node->limits[i].hard < limit.rlim_max) limit.rlim_max = node->limits[i].hard;
    limit.rlim_cur = node->limits[i].soft < limit.rlim_max ? node->limits[i].soft : limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)node->limits[i].resource, &limit)) firedrill_fail("setrlimit", "");
  }
  // No program of the host's makes a node more than its user.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) firedrill_fail("prctl", "no_new_privs");
  if (!node->change_user) return;
  if (setgroups(1, &node->gid)) firedrill_fail("setgroups", "");
  if (setresgid(node->gid, node->gid, node->gid)) firedrill_fail("setgid", "");
  if (setresuid(node->uid, node->uid, node->uid)) firedrill_fail("setuid", "");
}

// The parent may have died before the death signal was armed: then the lifeline is at its end.
static void die_with_parent(int lifeline) {
  struct pollfd entry = {.fd = lifeline, .events = POLLIN};
  if (prctl(PR_SET_PDEATHSIG, SIGKILL)) firedrill_fail("prctl", "pdeathsig");
  if (lifeline >= 0 && poll(&entry, 1, 0) > 0) _exit(125);
}

static void reset_signals(void) {
  sigset_t none;
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void use_streams(int log_fd) {
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0) firedrill_fail("dup2", "streams");
}

static void close_on_exec_from(int first) {
  if (syscall(SYS_close_range, first, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */)) {
    for (int fd = first; fd < 1024; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

static void run_node(const struct firedrill_node *node) {
  close(node->lifeline_write);
  die_with_parent(node->lifeline_read);
  setsid();
  reset_signals();
  umask(022);
  firedrill_make_root(node);
  if (sethostname(node->hostname, strlen(node->hostname))) firedrill_fail("sethostname", node->hostname);
  become_user(node);
  // The change of user has disarmed it.
  die_with_parent(node->lifeline_read);
  use_streams(node->log_fd);
  close_on_exec_from(3);
  // The search for the program must use the node's PATH, not ours.
  environ = (char **)node->environment;
  execvp(node->argv[0], (char *const *)node->argv);
  firedrill_fail("exec", node->argv[0]);
}

// Reads what went wrong between clone and exec; nothing came when exec closed the pipe. Whoever waits here does nothing
// else meanwhile, so a child that hangs on its way (on a dead network share) is ended.
static pid_t await_exec(pid_t child, int pipe_read, char *error, size_t error_size) {
  struct pollfd entry = {.fd = pipe_read, .events = POLLIN};
  int ready = poll(&entry, 1, 10000);
  ssize_t length = ready > 0 ? read(pipe_read, error, error_size - 1) : 0;
  close(pipe_read);
  error[length > 0 ? length : 0] = 0;
  if (ready > 0) return length > 0 ? -1 : child;
  kill(child, SIGKILL);
  return snprintf(error, error_size, "it did not begin within 10 s"), -1;
}

pid_t firedrill_spawn(const struct firedrill_node *node, char *error, size_t error_size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return snprintf(error, error_size, "pipe: %s", strerror(errno)), -1;
  unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD;
  pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0UL);
  if (child == 0) {
    close(ends[0]);
    failure_fd = ends[1];
    run_node(node);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return snprintf(error, error_size, "clone: %s", strerror(errno)), -1;
  }
  return await_exec(child, ends[0], error, error_size);
}

pid_t firedrill_spawn_child(
    const char *const *argv, const char *const *environment, int channel, int log_fd, int outlives, char *error,
    size_t error_size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return snprintf(error, error_size, "pipe: %s", strerror(errno)), -1;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    failure_fd = ends[1];
    setsid();
    reset_signals();
    if (!outlives) {
      die_with_parent(-1);
      if (getppid() != parent) _exit(125);
    }
    use_streams(log_fd);
    if (channel == 3) fcntl(3, F_SETFD, 0);
    else {
      // The pipe for failures may itself be descriptor 3: move it out of the way first.
      if (failure_fd == 3) failure_fd = fcntl(failure_fd, F_DUPFD_CLOEXEC, 10);
      if (dup2(channel, 3) < 0) firedrill_fail("dup2", "channel");
    }
    close_on_exec_from(4);
    execvpe(argv[0], (char *const *)argv, (char *const *)environment);
    firedrill_fail("exec", argv[0]);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return snprintf(error, error_size, "fork: %s", strerror(errno)), -1;
  }
  return await_exec(child, ends[0], error, error_size);
}
