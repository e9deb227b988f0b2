#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// What a node sees of the host's root: programs and their settings, no homes, no /var, no /run.
static const char *const host_folders[] = {
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "dev", "sys", "opt", NULL};
static const char *const own_folders[] = {"proc", "tmp", "run", "run/secrets", "var", "var/tmp", "var/lib", "var/log", NULL};

static int failure_fd = -1;

static void fail(const char *step, const char *what) {
  char text[512];
  int length = snprintf(text, sizeof text, "%s %s: %s", step, what ? what : "", strerror(errno));
  if (length > 0 && write(failure_fd, text, (size_t)length) < 0) _exit(126);
  _exit(127);
}

static void make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(path, 0755) && errno != EEXIST) fail("mkdir", path);
    *slash = '/';
  }
}

static void bind(const char *source, const char *target) {
  if (mount(source, target, NULL, MS_BIND | MS_REC, NULL)) fail("bind", target);
}

// Opens what is to be mounted without following a link in any part of its path: who can write below a lab's folder could
// otherwise have any folder of this machine mounted.
static int open_source(const char *source) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
  int fd = (int)syscall(SYS_openat2, AT_FDCWD, source, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    // An older kernel, or a container that does not know the call.
    char real[PATH_MAX];
    if (!realpath(source, real)) fail("realpath", source);
    if (strcmp(real, source)) {
      errno = ELOOP;
      fail("open", source);
    }
    fd = open(source, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  }
  if (fd < 0) fail("open", source);
  return fd;
}

// Makes the place for a mount: a folder or an empty file, whichever the source is; no source is a folder.
static void make_place(char *path, int source) {
  struct stat info;
  make_folders(path);
  if (source >= 0 && fstat(source, &info)) fail("stat", path);
  if (source >= 0 && !S_ISDIR(info.st_mode)) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0 && errno != EROFS && errno != EEXIST && errno != EACCES) fail("create", path);
    if (fd >= 0) close(fd);
  } else if (mkdir(path, 0755) && errno != EEXIST) {
    fail("mkdir", path);
  }
}

static void mount_all(const struct firedrill_node *node) {
  char path[4096], opened[64];
  for (size_t i = 0; i < node->mount_count; i++) {
    const struct firedrill_mount *entry = &node->mounts[i];
    snprintf(path, sizeof path, "%s%s", node->root, entry->target);
    int source = entry->source ? open_source(entry->source) : -1;
    make_place(path, source);
    if (!entry->source) {
      if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, entry->options)) fail("tmpfs", entry->target);
      continue;
    }
    snprintf(opened, sizeof opened, "/proc/self/fd/%d", source);
    bind(opened, path);
    close(source);
    if (entry->read_only && mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) {
      // In a user namespace the flags that the source has must be repeated.
      if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL)) fail("remount", path);
    }
  }
}

static void make_root(const struct firedrill_node *node) {
  char path[4096], host[64], link[1024];
  struct stat info;
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("private", "/");
  if (mount("tmpfs", node->root, "tmpfs", MS_NOSUID, "mode=755,size=64m")) fail("tmpfs", node->root);
  for (int i = 0; host_folders[i]; i++) {
    snprintf(host, sizeof host, "/%s", host_folders[i]);
    snprintf(path, sizeof path, "%s%s", node->root, host);
    if (lstat(host, &info)) continue;
    if (S_ISLNK(info.st_mode)) {
      ssize_t length = readlink(host, link, sizeof link - 1);
      if (length < 0) fail("readlink", host);
      link[length] = 0;
      if (symlink(link, path)) fail("symlink", path);
    } else {
      if (mkdir(path, 0755)) fail("mkdir", path);
      bind(host, path);
      // A node of root's must not write to the host. (Devices have to be written to; other users cannot write anyway.)
      if (geteuid() == 0 && strcmp(host_folders[i], "dev") &&
          mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) fail("remount", path);
    }
  }
  for (int i = 0; own_folders[i]; i++) {
    snprintf(path, sizeof path, "%s/%s", node->root, own_folders[i]);
    if (mkdir(path, 0755) && errno != EEXIST) fail("mkdir", path);
  }
  snprintf(path, sizeof path, "%s/tmp", node->root);
  if (chmod(path, 01777)) fail("chmod", path);
  snprintf(path, sizeof path, "%s/run", node->root);
  if (node->change_user && chown(path, node->uid, node->gid)) fail("chown", path);
  snprintf(path, sizeof path, "%s/proc", node->root);
  if (mount("proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) fail("mount", "/proc");
  // Shared memory of its own: what a killed server leaves behind goes with its namespace.
  snprintf(path, sizeof path, "%s/dev/shm", node->root);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")) fail("mount", "/dev/shm");
  snprintf(path, sizeof path, "%s/etc/hosts", node->root);
  bind(node->hosts, path);
}

static void enter_root(const struct firedrill_node *node) {
  if (chdir(node->root)) fail("chdir", node->root);
  if (syscall(SYS_pivot_root, ".", ".")) fail("pivot_root", node->root);
  if (umount2(".", MNT_DETACH)) fail("umount", "old root");
  if (chdir(node->directory)) fail("chdir", node->directory);
}

static void become_user(const struct firedrill_node *node) {
  for (size_t i = 0; i < node->limit_count; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)node->limits[i].resource, &limit)) fail("getrlimit", "");
    limit.rlim_cur = node->limits[i].soft < limit.rlim_max ? node->limits[i].soft : limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)node->limits[i].resource, &limit)) fail("setrlimit", "");
  }
  // No program of the host's makes a node more than its user.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("prctl", "no_new_privs");
  if (!node->change_user) return;
  if (setgroups(1, &node->gid)) fail("setgroups", "");
  if (setresgid(node->gid, node->gid, node->gid)) fail("setgid", "");
  if (setresuid(node->uid, node->uid, node->uid)) fail("setuid", "");
}

// The parent may have died before the death signal was armed: then the lifeline is at its end.
static void die_with_parent(int lifeline) {
  struct pollfd entry = {.fd = lifeline, .events = POLLIN};
  if (prctl(PR_SET_PDEATHSIG, SIGKILL)) fail("prctl", "pdeathsig");
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
  if (null < 0 || dup2(null, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0) fail("dup2", "streams");
}

static void close_on_exec_from(int first) {
  if (syscall(SYS_close_range, first, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */)) {
    for (int fd = first; fd < 1024; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

static void run_node(const struct firedrill_node *node) {
  close(node->lifeline_write);
  setsid();
  reset_signals();
  umask(022);
  make_root(node);
  mount_all(node);
  enter_root(node);
  if (sethostname(node->hostname, strlen(node->hostname))) fail("sethostname", node->hostname);
  become_user(node);
  die_with_parent(node->lifeline_read);
  use_streams(node->log_fd);
  close_on_exec_from(3);
  // The search for the program must use the node's PATH, not ours.
  environ = (char **)node->environment;
  execvp(node->argv[0], (char *const *)node->argv);
  fail("exec", node->argv[0]);
}

// Reads what went wrong between clone and exec; nothing came when exec closed the pipe.
static pid_t await_exec(pid_t child, int pipe_read, char *error, size_t error_size) {
  ssize_t length = read(pipe_read, error, error_size - 1);
  close(pipe_read);
  error[length > 0 ? length : 0] = 0;
  return length > 0 ? -1 : child;
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
    const char *const *argv, const char *const *environment, int channel, int log_fd, char *error, size_t error_size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return snprintf(error, error_size, "pipe: %s", strerror(errno)), -1;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    failure_fd = ends[1];
    setsid();
    reset_signals();
    die_with_parent(-1);
    if (getppid() != parent) _exit(125);
    use_streams(log_fd);
    if (channel == 3) fcntl(3, F_SETFD, 0);
    else {
      // The pipe for failures may itself be descriptor 3: move it out of the way first.
      if (failure_fd == 3) failure_fd = fcntl(failure_fd, F_DUPFD_CLOEXEC, 10);
      if (dup2(channel, 3) < 0) fail("dup2", "channel");
    }
    close_on_exec_from(4);
    execvpe(argv[0], (char *const *)argv, (char *const *)environment);
    fail("exec", argv[0]);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return snprintf(error, error_size, "fork: %s", strerror(errno)), -1;
  }
  return await_exec(child, ends[0], error, error_size);
}
