import Glibc
import Testing

/// A folder in which calls of a process hang, as they do on a network file system whose server is away: a library that
/// is loaded before all others (`LD_PRELOAD`, ld.so(8)) keeps them waiting for as long as a file exists.
struct HangingFolder: Sendable {
  let path: String
  private let library: String
  private let flag: String
  private let calls: String

  /// `calls`: those that hang, of `stat`, `open` and `fsync`.
  init(_ bench: Bench, calls: [String]) async throws {
    path = "\(bench.folder)/hanging"
    library = "\(bench.folder)/hang.so"
    flag = "\(bench.folder)/hang"
    self.calls = calls.joined(separator: ",")
    mkdir(path, 0o755)
    try Files.write(Self.source, to: "\(bench.folder)/hang.c")
    let compiler = try bench.start(
      "cc", ["-shared", "-fPIC", "-O1", "-o", library, "\(bench.folder)/hang.c", "-ldl"], as: "cc")
    try #require(
      try await compiler.ended() == .exited(0), "cc: \(Files.text("\(bench.folder)/cc.err"))")
    // Whatever still hangs goes on, or its process could not end.
    let flag = flag
    bench.atEnd { unlink(flag) }
  }

  /// For the process that is to hang.
  var environment: [String: String] {
    ["LD_PRELOAD": library, "HANG_FOLDER": path, "HANG_FLAG": flag, "HANG_CALLS": calls]
  }

  func begin() throws { try Files.write("", to: flag) }

  func end() { unlink(flag) }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdarg.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <time.h>
    #include <unistd.h>

    static int raw_access(const char *path) {
      static int (*next)(const char *, int);
      if (!next) next = dlsym(RTLD_NEXT, "access");
      return next(path, F_OK);
    }

    static void wait_if(const char *call, int dirfd, const char *path) {
      const char *folder = getenv("HANG_FOLDER"), *flag = getenv("HANG_FLAG"), *calls = getenv("HANG_CALLS");
      char whole[8192] = "", link[64];
      if (!folder || !flag || !calls || !path || !strstr(calls, call)) return;
      if (path[0] != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        ssize_t n = readlink(link, whole, 4096);
        if (n < 0) return;
        whole[n] = '/';
        whole[n + 1] = 0;
      }
      strncat(whole, path, 4000);
      size_t length = strlen(folder);
      if (strncmp(whole, folder, length) || (whole[length] != '/' && whole[length])) return;
      while (raw_access(flag) == 0) {
        struct timespec moment = {0, 20000000};
        nanosleep(&moment, 0);
      }
    }

    #define STAT(name) \\
      int name(const char *path, struct stat *out) { \\
        static int (*next)(const char *, struct stat *); \\
        wait_if("stat", AT_FDCWD, path); \\
        if (!next) next = dlsym(RTLD_NEXT, #name); \\
        return next(path, out); \\
      }
    STAT(stat) STAT(lstat)
    int fstatat(int dirfd, const char *path, struct stat *out, int flags) {
      static int (*next)(int, const char *, struct stat *, int);
      wait_if("stat", dirfd, path);
      if (!next) next = dlsym(RTLD_NEXT, "fstatat");
      return next(dirfd, path, out, flags);
    }

    #define OPEN(name) \\
      int name(const char *path, int flags, ...) { \\
        static int (*next)(const char *, int, ...); \\
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \\
        wait_if("open", AT_FDCWD, path); \\
        if (!next) next = dlsym(RTLD_NEXT, #name); \\
        return next(path, flags, mode); \\
      }
    OPEN(open) OPEN(open64)
    #define OPENAT(name) \\
      int name(int dirfd, const char *path, int flags, ...) { \\
        static int (*next)(int, const char *, int, ...); \\
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \\
        wait_if("open", dirfd, path); \\
        if (!next) next = dlsym(RTLD_NEXT, #name); \\
        return next(dirfd, path, flags, mode); \\
      }
    OPENAT(openat) OPENAT(openat64)

    int fsync(int fd) {
      static int (*next)(int);
      char link[64], path[4097];
      snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
      ssize_t n = readlink(link, path, 4096);
      if (n > 0) {
        path[n] = 0;
        wait_if("fsync", AT_FDCWD, path);
      }
      if (!next) next = dlsym(RTLD_NEXT, "fsync");
      return next(fd);
    }

    """
}
