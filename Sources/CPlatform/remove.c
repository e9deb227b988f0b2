#define _GNU_SOURCE
#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A folder that is read, whatever its mode was; NULL with errno.
static DIR *open_folder(int parent, const char *name) {
  char path[64];
  int found = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (found < 0) return NULL;
  snprintf(path, sizeof path, "/proc/self/fd/%d", found);
  // May fail for a folder of somebody else's; then reading it tells.
  if (chmod(path, 0700)) errno = 0;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int problem = errno;
  close(found);
  errno = problem;
  return fd < 0 ? NULL : fdopendir(fd);
}

static int is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

// Moves a folder up into the top one, under a name that is free there; 0 or -1.
static int lift(int folder, const char *name, int top) {
  static unsigned long count;
  char path[64];
  // A folder whose parent changes is written to.
  DIR *opened = open_folder(folder, name);
  if (opened) closedir(opened);
  for (int tries = 0; tries < 100000; tries++) {
    snprintf(path, sizeof path, ".removed-%lu", count++);
    if (!renameat(folder, name, top, path)) return 0;
    if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) return -1;
  }
  return -1;
}

// Empties a folder of the top one: folders in it are moved up, so that no path gets long and nothing recurses.
static void empty(int top, const char *name) {
  DIR *folder = open_folder(top, name);
  if (!folder) return;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    if (is_dots(entry->d_name) || !unlinkat(dirfd(folder), entry->d_name, 0)) continue;
    if (unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR)) lift(dirfd(folder), entry->d_name, top);
  }
  closedir(folder);
}

int firedrill_remove(const char *path) {
  DIR *top = open_folder(AT_FDCWD, path);
  if (!top) return errno == ENOTDIR || errno == ELOOP ? unlink(path) : -1;
  struct dirent *entry;
  int problem = 0;
  // Each round takes a layer away; one that takes nothing away is the last, whether or not something is left.
  for (int progress = 1; progress;) {
    progress = 0;
    rewinddir(top);
    while ((entry = readdir(top))) {
      if (is_dots(entry->d_name)) continue;
      if (!unlinkat(dirfd(top), entry->d_name, 0)) {
        progress = 1;
        continue;
      }
      empty(dirfd(top), entry->d_name);
      if (!unlinkat(dirfd(top), entry->d_name, AT_REMOVEDIR)) {
        progress = 1;
      } else {
        problem = errno;
      }
    }
  }
  closedir(top);
  if (!rmdir(path)) return 0;
  if (problem) errno = problem;
  return -1;
}
