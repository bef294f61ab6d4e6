/* What Swift's Glibc module leaves out: variadic calls, macros, and what glibc declares for _GNU_SOURCE only.
   _GNU_SOURCE itself must not be defined here: it changes types that the Glibc module has already. */
#pragma once
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pthread_setname_np(pthread_t, const char *);
extern int fcntl(int, int, ...);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
extern int memfd_create(const char *, unsigned int);
extern int sem_clockwait(sem_t *, clockid_t, const struct timespec *);

/* struct ucred (unix(7)). */
struct clinux_peer_credentials {
  int pid;
  unsigned int uid;
  unsigned int gid;
};

/* Accepts with SOCK_CLOEXEC and SOCK_NONBLOCK; the peer's address and its length in bytes where wanted. */
static inline int clinux_accept(int fd, struct sockaddr_un *address, socklen_t *length) {
  return accept4(fd, (struct sockaddr *)address, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* epoll_wait(2): from glibc 2.38 on its header says that `events` is never NULL, which Swift imports as another type. */
static inline int clinux_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
  return epoll_wait(epoll, events, room, timeout);
}

/* SO_PEERCRED (unix(7)). */
static inline int clinux_get_peer_credentials(int fd, struct clinux_peer_credentials *out) {
  socklen_t length = sizeof(*out);
  return getsockopt(fd, SOL_SOCKET, 17, out, &length);
}

/* SO_PEERGROUPS: fills `groups`, whose size in bytes is `*length`; ERANGE says in `*length` what is needed. */
static inline int clinux_peer_groups(int fd, unsigned int *groups, socklen_t *length) {
  return getsockopt(fd, SOL_SOCKET, 59, groups, length);
}

/* SO_PEERPIDFD (Linux 6.5 and later): a new descriptor, or -1. */
static inline int clinux_peer_pidfd(int fd) {
  int pidfd = -1;
  socklen_t length = sizeof(pidfd);
  return getsockopt(fd, SOL_SOCKET, 77, &pidfd, &length) == 0 ? pidfd : -1;
}

/* mallopt(3): so many arenas, and what is freed at the top of one goes back from so many bytes on. */
static inline void clinux_bound_heap(int arenas, int trim) {
  mallopt(M_ARENA_MAX, arenas);
  mallopt(M_TRIM_THRESHOLD, trim);
}

/* PR_SET_NO_NEW_PRIVS (prctl(2)). */
static inline int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/* PR_SET_DUMPABLE (prctl(2)). */
static inline int clinux_set_dumpable(int value) { return prctl(PR_SET_DUMPABLE, value, 0, 0, 0); }

/* Seals a memfd against every change (F_ADD_SEALS, fcntl(2)): SEAL, SHRINK, GROW, WRITE. */
static inline int clinux_seal(int fd) { return fcntl(fd, 1033, 0x000F); }

/* The seals of a memfd (F_GET_SEALS, fcntl(2)). */
static inline int clinux_seals(int fd) { return fcntl(fd, 1034); }

/* O_PATH (open(2)): the same number on amd64 and arm64. */
static const int clinux_o_path = 010000000;
