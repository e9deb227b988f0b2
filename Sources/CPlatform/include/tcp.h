#pragma once
// TCP sockets for an epoll loop: non-blocking, closed on exec, without Nagle's delay, with keep-alive probes. -1 leaves
// the reason in errno.

#include <stdint.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/// An address and port of either family.
struct cplatform_address {
  struct sockaddr_storage storage;
  socklen_t length;
};

/// Looks a name up (this blocks) and fills at most `capacity` addresses. Returns how many, or a negative code for
/// gai_strerror.
int cplatform_resolve(const char *host, uint16_t port, struct cplatform_address *out, int capacity);
/// Reads a numeric address. Returns 1, or 0 when `host` is a name.
int cplatform_numeric_address(const char *host, uint16_t port, struct cplatform_address *out);
/// A socket bound to an address, which may be one where connections of an earlier listener still live. Not listening.
int cplatform_tcp_bind(const struct cplatform_address *address);
/// The local port of a socket.
int cplatform_tcp_port(int fd);
/// Stops listening and keeps the port: who connects is refused. listen(2) opens it again.
int cplatform_tcp_unlisten(int fd);
/// The next connection.
int cplatform_tcp_accept(int listener);
/// A socket that is connected or connecting; it becomes writable when that is decided.
int cplatform_tcp_connect(const struct cplatform_address *address);
/// The error that a socket holds, 0 for none. Reading takes it away.
int cplatform_socket_error(int fd);
/// Closes with RST: the other side finds "connection reset by peer", and what was not sent is dropped.
void cplatform_tcp_reset(int fd);
/// recv(2) and send(2) without SIGPIPE, tried again when a signal interrupts.
ssize_t cplatform_receive(int fd, void *buffer, size_t size);
ssize_t cplatform_send(int fd, const void *buffer, size_t size);
/// CLOCK_MONOTONIC in nanoseconds.
uint64_t cplatform_monotonic(void);
/// Raises the soft limit of open files to the hard one and returns it.
uint64_t cplatform_raise_file_limit(void);
