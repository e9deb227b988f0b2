// What a reactor needs from Linux and Swift's Glibc module does not export: epoll, eventfd, timerfd.
// Every function returns what the system call returns; -1 leaves the reason in errno.
#pragma once

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tcp.h"

/// What a file descriptor is watched for, or found ready for. A closed peer counts as readable.
enum {
  CPLATFORM_READ = EPOLLIN,
  CPLATFORM_WRITE = EPOLLOUT,
  CPLATFORM_ERROR = EPOLLERR,
  CPLATFORM_HANGUP = EPOLLHUP,
};

/// One ready descriptor, with the token that it was registered with.
struct cplatform_event {
  uint64_t token;
  uint32_t events;
};

static inline int cplatform_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int cplatform_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int cplatform_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

static inline int cplatform_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

/// Waits for at most `timeout_ms` milliseconds (-1: for ever) and fills at most 64 events. An interrupting signal gives 0.
static inline int cplatform_epoll_wait(int epoll, struct cplatform_event *out, int capacity, int timeout_ms) {
  struct epoll_event ready[64];
  int count = epoll_wait(epoll, ready, capacity < 64 ? capacity : 64, timeout_ms);
  if (count < 0) return errno == EINTR ? 0 : -1;
  for (int i = 0; i < count; i++) {
    out[i].token = ready[i].data.u64;
    out[i].events = ready[i].events;
  }
  return count;
}

static inline int cplatform_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void cplatform_eventfd_signal(int fd) {
  uint64_t one = 1;
  while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

static inline void cplatform_eventfd_clear(int fd) {
  uint64_t count;
  while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {}
}

static inline int cplatform_timerfd_create(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

/// Fires once, `nanoseconds` from now; 0 disarms.
static inline int cplatform_timerfd_set(int fd, uint64_t nanoseconds) {
  struct itimerspec when = {
      .it_value = {.tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)}};
  return timerfd_settime(fd, 0, &when, NULL);
}

/// Names the calling thread for `ps -L` and debuggers; at most 15 bytes count.
static inline void cplatform_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
