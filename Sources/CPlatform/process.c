#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int tell(char *error, size_t size, const char *step) {
  snprintf(error, size, "%s: %s", step, strerror(errno));
  return -1;
}

static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = write(fd, text, strlen(text));
  close(fd);
  return length == (ssize_t)strlen(text) ? 0 : -1;
}

int firedrill_enter_user_namespace(char *error, size_t error_size) {
  char map[64];
  uid_t uid = geteuid();
  gid_t gid = getegid();
  if (unshare(CLONE_NEWUSER)) return tell(error, error_size, "unshare a user namespace");
  if (write_file("/proc/self/setgroups", "deny")) return tell(error, error_size, "setgroups");
  snprintf(map, sizeof map, "%u %u 1", uid, uid);
  if (write_file("/proc/self/uid_map", map)) return tell(error, error_size, "uid_map");
  snprintf(map, sizeof map, "%u %u 1", gid, gid);
  if (write_file("/proc/self/gid_map", map)) return tell(error, error_size, "gid_map");
  return 0;
}

int firedrill_enter_hosts(const char *hosts, char *error, size_t error_size) {
  if (unshare(CLONE_NEWNS)) return tell(error, error_size, "unshare the mount namespace");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return tell(error, error_size, "make mounts private");
  if (mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL)) return tell(error, error_size, "bind /etc/hosts");
  return 0;
}

int firedrill_signal_descriptor(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &set, NULL)) return -1;
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int firedrill_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

// The number and not the header's name: older libraries have none.
int firedrill_pidfd(pid_t pid) { return (int)syscall(434 /* pidfd_open */, pid, 0); }

int firedrill_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1); }

pid_t firedrill_reap(int *code, int *signal) {
  int status = 0;
  pid_t pid = waitpid(-1, &status, WNOHANG);
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return pid;
}

pid_t firedrill_daemonize(int log_fd) {
  pid_t child = fork();
  if (child != 0) return child;
  setsid();
  int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  dup2(log_fd, 1);
  dup2(log_fd, 2);
  close(null);
  if (chdir("/")) return -1;
  return 0;
}

static int address(const char *path, struct sockaddr_un *name) {
  memset(name, 0, sizeof *name);
  name->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof name->sun_path) return errno = ENAMETOOLONG, -1;
  strcpy(name->sun_path, path);
  return 0;
}

int firedrill_listen(const char *path) {
  struct sockaddr_un name;
  if (address(path, &name)) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  mode_t before = umask(0177);
  int failed = bind(fd, (struct sockaddr *)&name, sizeof name) || listen(fd, 16);
  umask(before);
  if (!failed) return fd;
  close(fd);
  return -1;
}

int firedrill_connect(const char *path) {
  struct sockaddr_un name;
  if (address(path, &name)) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (!connect(fd, (struct sockaddr *)&name, sizeof name)) return fd;
  int saved = errno;
  close(fd);
  return errno = saved, -1;
}

int firedrill_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int firedrill_socket_pair(int *left, int *right) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return -1;
  *left = ends[0];
  *right = ends[1];
  return 0;
}

int firedrill_take_name(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length + 1 > sizeof address.sun_path) return -2;
  // The first byte stays zero: a name without a file, which is gone with its last holder.
  memcpy(address.sun_path + 1, name, length);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -2;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  if (!bind(fd, (struct sockaddr *)&address, size)) return fd;
  int problem = errno;
  close(fd);
  return problem == EADDRINUSE ? -1 : -2;
}

int firedrill_lock_file(const char *path) {
  int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -2;
  struct stat info;
  // Whoever held it before may have removed the file.
  if (!flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &info) && info.st_nlink > 0) return fd;
  close(fd);
  return -1;
}
