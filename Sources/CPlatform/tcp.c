#define _GNU_SOURCE
#include "tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int look_up(const char *host, uint16_t port, int flags, struct cplatform_address *out, int capacity) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  int status = getaddrinfo(host, service, &hints, &list);
  if (status != 0) return status < 0 ? status : -status;
  int count = 0;
  for (struct addrinfo *entry = list; entry != NULL && count < capacity; entry = entry->ai_next) {
    memset(&out[count], 0, sizeof out[count]);
    memcpy(&out[count].storage, entry->ai_addr, entry->ai_addrlen);
    out[count++].length = entry->ai_addrlen;
  }
  freeaddrinfo(list);
  return count > 0 ? count : EAI_NONAME;
}

int cplatform_resolve(const char *host, uint16_t port, struct cplatform_address *out, int capacity) {
  return look_up(host, port, 0, out, capacity);
}

int cplatform_numeric_address(const char *host, uint16_t port, struct cplatform_address *out) {
  return look_up(host, port, AI_NUMERICHOST, out, 1) == 1;
}

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

static int without_delay(int fd) { return set(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

/// A peer that vanished without a word is found out within a minute; the system's own default takes two hours.
static int with_keepalive(int fd) {
  return set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) | set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30) |
         set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10) | set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

static int close_keeping_errno(int fd) {
  int reason = errno;
  close(fd);
  errno = reason;
  return -1;
}

int cplatform_tcp_bind(const struct cplatform_address *address) {
  int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  // Accepted sockets inherit the lack of delay, and that they are kept alive.
  if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 || without_delay(fd) != 0 ||
      with_keepalive(fd) != 0 || bind(fd, (const struct sockaddr *)&address->storage, address->length) != 0)
    return close_keeping_errno(fd);
  return fd;
}

int cplatform_tcp_port(int fd) {
  struct sockaddr_storage name;
  socklen_t length = sizeof name;
  if (getsockname(fd, (struct sockaddr *)&name, &length) != 0) return -1;
  return ntohs(
      name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port : ((struct sockaddr_in *)&name)->sin_port);
}

int cplatform_tcp_unlisten(int fd) { return shutdown(fd, SHUT_RD); }

int cplatform_tcp_accept(int listener) {
  int fd;
  do fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
  return fd;
}

int cplatform_tcp_connect(const struct cplatform_address *address) {
  int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (without_delay(fd) != 0 || with_keepalive(fd) != 0) return close_keeping_errno(fd);
  if (connect(fd, (const struct sockaddr *)&address->storage, address->length) != 0 && errno != EINPROGRESS)
    return close_keeping_errno(fd);
  return fd;
}

int cplatform_socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void cplatform_tcp_reset(int fd) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(fd);
}

ssize_t cplatform_receive(int fd, void *buffer, size_t size) {
  ssize_t count;
  do count = recv(fd, buffer, size, 0);
  while (count < 0 && errno == EINTR);
  return count;
}

ssize_t cplatform_send(int fd, const void *buffer, size_t size) {
  ssize_t count;
  do count = send(fd, buffer, size, MSG_NOSIGNAL);
  while (count < 0 && errno == EINTR);
  return count;
}

uint64_t cplatform_monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t cplatform_raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}
