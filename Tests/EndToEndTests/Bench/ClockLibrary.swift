import Testing

/// A library that comes between a program and its clock (ld.so(8), LD_PRELOAD) and shifts the time of day, that one
/// clock only: faketime(1) rewrites the timers of all others too, which no kernel does. It shifts by `CLOCK_SHIFT`
/// seconds, or by what the file `CLOCK_SHIFT_FILE` says at each look.
enum ClockLibrary {
  fileprivate static let source = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static long shift(void) {
      const char *text = getenv("CLOCK_SHIFT"), *path = getenv("CLOCK_SHIFT_FILE");
      char buffer[32] = "";
      int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
      if (file >= 0) {
        ssize_t count = read(file, buffer, sizeof buffer - 1);
        buffer[count > 0 ? count : 0] = 0;
        close(file);
        text = buffer;
      }
      return text ? atol(text) : 0;
    }
    int clock_gettime(clockid_t clock, struct timespec *t) {
      int result = syscall(SYS_clock_gettime, clock, t);
      if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) t->tv_sec += shift();
      return result;
    }
    time_t time(time_t *t) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      if (t) *t = now.tv_sec;
      return now.tv_sec;
    }
    int gettimeofday(struct timeval *t, void *zone) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      t->tv_sec = now.tv_sec;
      t->tv_usec = now.tv_nsec / 1000;
      return 0;
    }
    """

  static let compiler = ["clang", "cc", "gcc"].first(where: Files.isProgram)
}

extension Bench {
  /// Compiles it. Returns its path.
  func clockLibrary() async throws -> String {
    let (source, library) = ("\(folder)/clock.c", "\(folder)/clock.so")
    try Files.write(ClockLibrary.source, to: source)
    let compiler = try #require(ClockLibrary.compiler)
    let ending = try await start(
      "/usr/bin/env", [compiler, "-shared", "-fPIC", "-o", library, source],
      environment: ["PATH": Files.searchPath], as: "compiler"
    ).ended()
    try #require(ending == .exited(0), "\(Files.text("\(folder)/compiler.err"))")
    return library
  }
}
