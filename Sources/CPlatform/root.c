#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

// What a node sees of the host's root: programs and their settings, no homes, no /var, no /run, no devices but these.
static const char *const host_folders[] = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "sys", NULL};
static const char *const own_folders[] = {
    "proc", "tmp", "run", "run/secrets", "var", "var/tmp", "var/lib", "var/log", "dev", NULL};
static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty", NULL};
static const char *const device_links[][2] = {
    {"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}};

// mount_setattr(2), which older headers do not have; their names for these are macros or not there.
struct attributes {
  uint64_t set, clear, propagation, user_namespace;
};
enum { SET_READ_ONLY = 1, SET_NO_SUID = 2, SET_NO_DEVICES = 4 };

static void bind(const char *source, const char *target) {
  if (mount(source, target, NULL, MS_BIND | MS_REC, NULL)) firedrill_fail("bind", target);
}

// Takes rights from a mount and, where the kernel can (5.12), from those below it.
static void restrict_mount(const char *path, uint64_t rights) {
  struct attributes attributes = {.set = rights};
  if (!syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes)) return;
  if (errno != ENOSYS && errno != EPERM && errno != EINVAL) firedrill_fail("restrict", path);
  // The flags that the mount has must be repeated: in a user namespace they cannot be taken off.
  struct statvfs info;
  if (statvfs(path, &info)) firedrill_fail("statvfs", path);
  unsigned long flags = MS_REMOUNT | MS_BIND;
  if (rights & SET_READ_ONLY || info.f_flag & ST_RDONLY) flags |= MS_RDONLY;
  if (rights & SET_NO_SUID || info.f_flag & ST_NOSUID) flags |= MS_NOSUID;
  if (rights & SET_NO_DEVICES || info.f_flag & ST_NODEV) flags |= MS_NODEV;
  if (info.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
  if (info.f_flag & ST_NOATIME) flags |= MS_NOATIME;
  if (info.f_flag & ST_NODIRATIME) flags |= MS_NODIRATIME;
  if (info.f_flag & ST_RELATIME) flags |= MS_RELATIME;
  if (mount(NULL, path, NULL, flags, NULL)) firedrill_fail("remount", path);
}

// Opens what is to be mounted without following a link in any part of its path: who can write below a lab's folder could
// otherwise have any folder of this machine mounted.
static int open_source(const char *source) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
  int fd = (int)syscall(SYS_openat2, AT_FDCWD, source, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    // An older kernel, or a container that does not know the call.
    char real[PATH_MAX];
    if (!realpath(source, real)) firedrill_fail("realpath", source);
    if (strcmp(real, source)) {
      errno = ELOOP;
      firedrill_fail("open", source);
    }
    fd = open(source, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  }
  if (fd < 0) firedrill_fail("open", source);
  return fd;
}

// Opens one part of a target's path, a folder, and makes it if it is not there. Closes the folder that it is in.
static int open_part(int folder, const char *part, const char *target) {
  if (!strcmp(part, "..")) {
    errno = EXDEV;
    firedrill_fail("open", target);
  }
  if (mkdirat(folder, part, 0755) && errno != EEXIST && errno != EROFS && errno != EACCES) firedrill_fail("mkdir", target);
  int fd = openat(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) firedrill_fail("open", target);
  close(folder);
  return fd;
}

// The place of a mount below the new root: the folder that it is in, and its name there.
struct place {
  int folder;
  const char *name;
};

// Finds a place, and makes what is missing: a folder or an empty file, whichever the source is; no source is a folder.
//
// What the lab's nodes could write is on the way (volumes keep what is in them), so no link is followed and nothing that
// is there is opened but by its path. `path` is the target and is cut into pieces.
static struct place find_place(const char *root, char *path, const char *target, int source) {
  struct stat info = {.st_mode = S_IFDIR};
  struct place place = {.folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)};
  char *rest = path, *part;
  if (place.folder < 0) firedrill_fail("open", root);
  if (source >= 0 && fstat(source, &info)) firedrill_fail("stat", target);
  while ((part = strsep(&rest, "/"))) {
    if (!*part || !strcmp(part, ".")) continue;
    if (place.name) place.folder = open_part(place.folder, place.name, target);
    place.name = part;
  }
  if (!place.name || !strcmp(place.name, "..")) {
    errno = EINVAL;
    firedrill_fail("mount", target);
  }
  int made;
  if (S_ISDIR(info.st_mode)) {
    made = mkdirat(place.folder, place.name, 0755);
  } else {
    made = openat(place.folder, place.name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (made >= 0) close(made);
  }
  if (made < 0 && errno != EROFS && errno != EEXIST && errno != EACCES) firedrill_fail("create", target);
  return place;
}

// What is at a place now, by its path: a folder or a plain file.
static int open_found(struct place place, const char *target) {
  struct stat info;
  int fd = openat(place.folder, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &info)) firedrill_fail("open", target);
  if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) {
    errno = EEXIST;
    firedrill_fail("something else is at", target);
  }
  return fd;
}

static void mount_one(const char *root, const struct firedrill_mount *entry) {
  char path[PATH_MAX], from[64], to[64];
  if (strlen(entry->target) >= sizeof path) {
    errno = ENAMETOOLONG;
    firedrill_fail("mount", entry->target);
  }
  strcpy(path, entry->target);
  int source = entry->source ? open_source(entry->source) : -1;
  struct place place = find_place(root, path, entry->target, source);
  int found = open_found(place, entry->target);
  snprintf(to, sizeof to, "/proc/self/fd/%d", found);
  if (source < 0) {
    if (mount("tmpfs", to, "tmpfs", MS_NOSUID | MS_NODEV, entry->options)) firedrill_fail("tmpfs", entry->target);
  } else {
    snprintf(from, sizeof from, "/proc/self/fd/%d", source);
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL)) firedrill_fail("bind", entry->target);
    close(source);
    close(found);
    // Looked up again: what was found before is what the mount covers.
    found = open_found(place, entry->target);
    snprintf(to, sizeof to, "/proc/self/fd/%d", found);
    restrict_mount(to, SET_NO_SUID | SET_NO_DEVICES | (entry->read_only ? SET_READ_ONLY : 0));
  }
  close(found);
  close(place.folder);
}

static void show_host(const char *root) {
  char path[4096], host[64], link[1024];
  struct stat info;
  for (int i = 0; host_folders[i]; i++) {
    snprintf(host, sizeof host, "/%s", host_folders[i]);
    snprintf(path, sizeof path, "%s%s", root, host);
    if (lstat(host, &info)) continue;
    if (S_ISLNK(info.st_mode)) {
      ssize_t length = readlink(host, link, sizeof link - 1);
      if (length < 0) firedrill_fail("readlink", host);
      link[length] = 0;
      if (symlink(link, path)) firedrill_fail("symlink", path);
    } else {
      if (mkdir(path, 0755)) firedrill_fail("mkdir", path);
      bind(host, path);
      // Whoever runs the node may own some of it.
      restrict_mount(path, SET_READ_ONLY | SET_NO_SUID | SET_NO_DEVICES);
    }
  }
}

// A /dev of the node's own. The host's has disks and terminals, and what is made in /dev/shm there stays.
static void make_devices(const char *root) {
  char path[4096], host[64];
  struct stat info;
  snprintf(path, sizeof path, "%s/dev", root);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k")) firedrill_fail("mount", "/dev");
  for (int i = 0; devices[i]; i++) {
    snprintf(host, sizeof host, "/dev/%s", devices[i]);
    snprintf(path, sizeof path, "%s%s", root, host);
    // In a container some may be missing.
    if (lstat(host, &info) || !S_ISCHR(info.st_mode)) continue;
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) firedrill_fail("create", path);
    close(fd);
    bind(host, path);
  }
  for (size_t i = 0; i < sizeof device_links / sizeof device_links[0]; i++) {
    snprintf(path, sizeof path, "%s/dev/%s", root, device_links[i][1]);
    if (symlink(device_links[i][0], path)) firedrill_fail("symlink", path);
  }
  // Shared memory of its own: what a killed server leaves behind goes with its namespace.
  snprintf(path, sizeof path, "%s/dev/shm", root);
  if (mkdir(path, 0755)) firedrill_fail("mkdir", path);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=256m")) firedrill_fail("mount", "/dev/shm");
}

static void make_folders(const struct firedrill_node *node) {
  char path[4096];
  for (int i = 0; own_folders[i]; i++) {
    snprintf(path, sizeof path, "%s/%s", node->root, own_folders[i]);
    if (mkdir(path, 0755) && errno != EEXIST) firedrill_fail("mkdir", path);
  }
  snprintf(path, sizeof path, "%s/tmp", node->root);
  if (chmod(path, 01777)) firedrill_fail("chmod", path);
  snprintf(path, sizeof path, "%s/run", node->root);
  if (node->change_user && chown(path, node->uid, node->gid)) firedrill_fail("chown", path);
  snprintf(path, sizeof path, "%s/proc", node->root);
  if (mount("proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) firedrill_fail("mount", "/proc");
}

void firedrill_make_root(const struct firedrill_node *node) {
  char path[4096];
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) firedrill_fail("private", "/");
  if (mount("tmpfs", node->root, "tmpfs", MS_NOSUID, "mode=755,size=64m")) firedrill_fail("tmpfs", node->root);
  show_host(node->root);
  make_folders(node);
  make_devices(node->root);
  snprintf(path, sizeof path, "%s/etc/hosts", node->root);
  bind(node->hosts, path);
  // All nodes have the same file.
  restrict_mount(path, SET_READ_ONLY | SET_NO_SUID | SET_NO_DEVICES);
  for (size_t i = 0; i < node->mount_count; i++) mount_one(node->root, &node->mounts[i]);
  if (chdir(node->root)) firedrill_fail("chdir", node->root);
  if (syscall(SYS_pivot_root, ".", ".")) firedrill_fail("pivot_root", node->root);
  if (umount2(".", MNT_DETACH)) firedrill_fail("umount", "old root");
  if (chdir(node->directory)) firedrill_fail("chdir", node->directory);
}
