import Glibc
import Synchronization
import Testing

/// The host of a campaign of chaos: daemon, simulators, folders, callers, and how to break each of them.
final class ChaosHost: Sendable {
  /// What a daemon at rest uses.
  struct Use: CustomStringConvertible, Sendable {
    let descriptors: Int
    let threads: Int
    let anonymousKilobytes: Int

    var description: String { "\(descriptors) descriptors, \(threads) threads, \(anonymousKilobytes) kB" }
  }

  let bench: Bench
  let profiles: [ChaosProfile]
  let api: String
  /// A tmpfs of 64 KiB holds one profile's header file.
  let hasDisk: Bool
  private let ledger: Ledger
  private let log: ChaosLog
  private let front: TLSFront
  private let clock: String
  private let daemon = Mutex<Daemon?>(nil)
  private let callers = Mutex<[ClientSocket]>([])
  private let isUnresolvable = Mutex(false)
  /// Moments (CLOCK_MONOTONIC) at which more requests than the back-off's are fine: starts, reloads, rotations.
  private let occasions = Mutex<[Double]>([])

  init(ledger: Ledger) async throws {
    self.ledger = ledger
    let bench = try Bench()
    self.bench = bench
    api = bench.path("api.sock")
    clock = try await bench.clockLibrary()
    log = try ChaosLog(path: "\(bench.folder)/log.pipe", copy: "\(bench.folder)/log")
    for folder in ["folder", "disk"] { mkdir(bench.path(folder), 0o755) }
    hasDisk = geteuid() == 0 && ChaosDisk.mount(bench.path("disk"))
    if hasDisk {
      let disk = bench.path("disk")
      bench.atEnd { ChaosDisk.unmount(disk) }
    }
    let authority = try await CertificateAuthority(bench)
    let other = try await CertificateAuthority(bench, name: "other")
    let secured = try await bench.campaignSimulator("secured", lifetime: Chaos.lifetime)
    front = try await TLSFront(
      bench, before: secured, certificate: authority.certificate(for: "IP:127.0.0.1"),
      otherCertificate: other.certificate(for: "IP:127.0.0.1"))
    var profiles = [
      ChaosProfile(
        name: "secured", simulator: secured, clientID: "secured", port: front.port, scheme: "https",
        secretPath: bench.campaignSecret("secured"), folder: bench.runtime)
    ]
    for (name, folder) in [("folder", bench.path("folder")), ("disk", bench.path("disk"))] {
      profiles.append(
        ChaosProfile(
          name: name, simulator: try await bench.campaignSimulator(name, lifetime: Chaos.lifetime),
          clientID: name, secretPath: bench.campaignSecret(name), folder: folder))
    }
    self.profiles = profiles
    try configure()
  }

  private func configure() throws {
    let unresolvable = isUnresolvable.withLock { $0 }
    let text = profiles.map { profile in
      let api = "connect_timeout = \"1s\"\ntimeout = \"1s\"\nca_file = \"\(bench.folder)/ca.crt\""
      var text = bench.profile(
        profile.name, at: profile.port, api: api, refresh: Chaos.policy,
        socket: "path = \"\(profile.socket)\"\nwait = \"1s\"",
        files: "[[profiles.\(profile.name).files]]\npath = \"\(profile.file)\"", scheme: profile.scheme
      )
      .replacing("demo-client", with: profile.clientID).replacing(bench.secretPath, with: profile.secretPath)
      if unresolvable, profile.name == "folder" {
        text = text.replacing("http://127.0.0.1:\(profile.port)", with: "https://assetit.invalid")
      }
      return text
    }
    try bench.configure(text.joined())
  }

  // MARK: - The daemon

  func start() async throws {
    occur()
    let started = try bench.daemon(
      environment: ["LD_PRELOAD": clock, "CLOCK_SHIFT_FILE": clockFile], as: "daemon-\(monotonic())",
      error: log.path)
    daemon.withLock { $0 = started }
  }

  var pid: pid_t { daemon.withLock { $0?.process.pid ?? 0 } }

  /// As the unit does it: what a killed daemon left is cleaned up, then it starts again.
  func restart(by signal: Int32 = SIGTERM) async throws {
    guard let running = daemon.withLock({ $0 }) else { return }
    running.process.send(signal)
    running.process.send(SIGCONT)
    _ = try await running.process.ended(within: .seconds(30))
    if signal == SIGKILL { try await bench.cleanUp() }
    try await start()
  }

  private func occur() { occasions.withLock { $0.append(monotonic()) } }

  private func send(_ signal: Int32) {
    daemon.withLock { $0?.process.send(signal) }
  }

  /// Waits until every profile's socket gives a valid header. Returns the seconds that it took.
  @discardableResult
  func recovered(within limit: Double) async throws -> Double {
    let began = monotonic()
    for profile in profiles {
      try await eventually("a header of \(profile.name)", within: .seconds(limit)) {
        let header = (try? await Reader.read(profile.socket)).flatMap { profile.known($0) }
        return header.map { $0.endsAt > timeOfDay() } ?? false
      }
    }
    return monotonic() - began
  }

  func restingUse() async throws -> Use {
    callers.withLock { $0 = [] }
    // Connections that have ended are noticed, idle threads end.
    try await Task.sleep(for: .seconds(3))
    let rollup = Files.text("/proc/\(pid)/smaps_rollup")
    let line = rollup.split(separator: "\n").first { $0.hasPrefix("Anonymous:") }
    let anonymous = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Use(
      descriptors: Files.names(in: "/proc/\(pid)/fd").count,
      threads: Files.names(in: "/proc/\(pid)/task").count, anonymousKilobytes: anonymous)
  }

  // MARK: - Faults

  func inflict(_ fault: ChaosFault, _ random: inout CampaignRandom) async throws {
    if let text = fault.simulatorFault(&random) {
      let struck = profiles.filter { _ in Bool.random(using: &random) }
      for profile in struck.isEmpty ? profiles : struck { try? profile.simulator.set(faults: text) }
      return
    }
    switch fault {
    case .away: for profile in profiles { profile.simulator.process.send(SIGSTOP) }
    case .otherCertificate: try await front.present(other: true)
    case .unresolvable: try await changeName(true)
    case .rotated: try rotate(to: "another-\(Bench.secret)")
    case .hostClock: try Files.write("\(Int.random(in: -100_000...100_000, using: &random))", to: clockFile)
    case .reloads, .refreshes:
      occur()
      for _ in 0..<100 {
        send(fault == .reloads ? SIGHUP : SIGUSR1)
        usleep(500)
      }
    case .killed:
      ledger.filesAreLeftAlone()
      send(SIGKILL)
    case .stopped:
      ledger.filesAreLeftAlone()
      send(SIGSTOP)
    case .diskFull: ChaosDisk.fill(bench.path("disk"))
    case .readOnly:
      ledger.filesAreLeftAlone()
      ChaosDisk.makeReadOnly(bench.path("disk"), true)
    case .folderRemoved: Files.remove(bench.path("folder"))
    case .logStuck: log.pause()
    case .noDescriptors: try await limitDescriptors(true)
    case .idleCallers: call(random: &random) { _ in }
    case .deafCallers:
      call(random: &random) { try? $0.send("GET /v1/profiles/disk/events HTTP/1.1\r\nHost: x\r\n\r\n") }
    case .abortingCallers:
      for _ in 0..<10 {
        call(random: &random) { try? $0.send("GET /v1/profiles/disk/events HTTP/1.1\r\nHost: x\r\n\r\n") }
        callers.withLock { $0 = [] }
      }
    default: break
    }
  }

  func lift(_ fault: ChaosFault, delay: Double) async throws {
    switch fault {
    case .away:
      for profile in profiles { profile.simulator.process.send(SIGCONT) }
    case .otherCertificate: try await front.present(other: false)
    case .unresolvable: try await changeName(false)
    case .rotated: try rotate(to: Bench.secret)
    case .hostClock: try Files.write("0", to: clockFile)
    case .killed:
      try await restart(by: SIGKILL)
      ledger.filesAreKept(after: delay)
    case .stopped:
      send(SIGCONT)
      ledger.filesAreKept(after: delay)
    case .diskFull: ChaosDisk.empty(bench.path("disk"))
    case .readOnly:
      ChaosDisk.makeReadOnly(bench.path("disk"), false)
      ledger.filesAreKept(after: delay)
    case .folderRemoved:
      mkdir(bench.path("folder"), 0o755)
      occur()
      send(SIGHUP)
    case .logStuck: log.resume()
    case .noDescriptors: try await limitDescriptors(false)
    case .idleCallers, .deafCallers, .abortingCallers: callers.withLock { $0 = [] }
    case .reloads, .refreshes: break
    default:
      for profile in profiles { try profile.simulator.clearFaults() }
    }
  }

  /// What some faults need beyond the bound: a start of the daemon, a secret that is picked up.
  func allowance(for faults: [ChaosFault]) -> Double {
    if faults.contains(.killed) { return 2 }
    return faults.contains { [.rotated, .folderRemoved, .unresolvable].contains($0) } ? 3 : 0
  }

  private var clockFile: String { "\(bench.folder)/shift" }

  private func rotate(to secret: String) throws {
    occur()
    for profile in profiles {
      try profile.simulator.change(secret: secret)
      try Files.write(secret + "\n", to: profile.secretPath)
    }
  }

  private func changeName(_ isUnresolvable: Bool) async throws {
    self.isUnresolvable.withLock { $0 = isUnresolvable }
    occur()
    try configure()
    send(SIGHUP)
  }

  private func limitDescriptors(_ isLow: Bool) async throws {
    let pid = pid
    let used = Files.names(in: "/proc/\(pid)/fd").count
    // Only root sees them.
    guard used > 0 else { return }
    let arguments = ["--pid", "\(pid)", "--nofile=\(isLow ? used + 1 : 4096):4096"]
    _ = try await bench.start("prlimit", arguments, as: "prlimit").ended()
  }

  private func call(random: inout CampaignRandom, _ act: (ClientSocket) -> Void) {
    let places = profiles.map(\.socket) + [api, api]
    let made = (0..<200).compactMap { _ in
      try? ClientSocket(path: places.randomElement(using: &random) ?? api, limit: .seconds(1))
    }
    for caller in made { act(caller) }
    callers.withLock { $0 += made }
  }

  // MARK: - What is looked at in the end

  func logHolds(_ text: String) -> Bool { log.copyHolds(text) }

  /// Requests come no closer together than `retry_min`, but for a start, a reload or a rotation.
  func policyViolations() throws -> [String] {
    let occasions = occasions.withLock { $0 }
    var violations: [String] = []
    for profile in profiles {
      let moments = try profile.simulator.requests().map(\.at)
      for (index, moment) in moments.enumerated() where index >= 12 {
        let began = moments[index - 12]
        // 200 ms apart, 12 of them take 2.4 s; what queued in a simulator that was stopped comes at once.
        let excused = occasions.count { $0 > began - 3 && $0 < moment + 1 }
        if moment - began < 1.2, excused == 0 {
          violations.append("\(profile.name): 13 requests within \(moment - began) s")
        }
      }
    }
    return violations
  }
}
