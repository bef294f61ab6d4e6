/* What Swift's Glibc module leaves out: declarations behind _GNU_SOURCE, and macros. */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <pthread.h>

/* struct ucred and accept4 are hidden from Swift, which compiles Glibc without _GNU_SOURCE. */
struct clinux_peer_credentials {
  int pid;
  unsigned int uid;
  unsigned int gid;
};

extern int accept4(int, struct sockaddr *, socklen_t *, int);

static inline int clinux_accept4(int fd, struct sockaddr_un *address, socklen_t *length) {
  return accept4(fd, (struct sockaddr *)address, length, 02000000 | 04000 /* SOCK_CLOEXEC | SOCK_NONBLOCK */);
}

static inline int clinux_peer_credentials(int fd, struct clinux_peer_credentials *out) {
  socklen_t length = sizeof(*out);
  return getsockopt(fd, SOL_SOCKET, 17 /* SO_PEERCRED */, out, &length);
}
