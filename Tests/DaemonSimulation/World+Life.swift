import DaemonCore
import TokenCore

/// What goes wrong, and the end, by when everything must be well again.
extension World {
  func happen(_ happening: Plan.Happening) {
    statistics.count(happening.kind)
    switch happening {
    case .service(let index, let answering):
      services[index].answering = answering
      review(index)
    case .losesAnswers(let index, let loses):
      services[index].loses = loses
      review(index)
    case .repeatsAnswers(let index, let doubles): services[index].doubles = doubles
    case .slow(let index, let isSlow): services[index].isSlow = isSlow
    case .rotates(let profile, let isWritten):
      let secret = "s3cr3t-\(profile)-\(tokenCount + 2)"
      services[profile % Self.services].secrets[Settings.name(profile)] = secret
      if isWritten { writeSecret(profile, secret) }
      checker.secretMayHaveChanged(profile, self)
    case .writesSecret(let profile):
      writeSecret(profile, services[profile % Self.services].secrets[Settings.name(profile)])
    case .spoilsSecret(let profile, let isReadable):
      writeSecret(profile, isReadable ? "s3cr3t-spoilt-\(tokenCount)" : nil)
    case .folder(let index, let state): setFolder(index, state)
    case .meddles(let outlet, let meddling): meddle(outlet, meddling)
    case .setsClock(let seconds): timeOfDay += Double(seconds)
    case .suspends(let seconds): suspend(.seconds(seconds))
    case .reload(let variant, let isValid):
      configuration = (variant, isValid)
      give(.signal(.reload))
    case .signalRefresh:
      checker.refreshAsked(now)
      give(.signal(.refresh))
    case .demands(let profile, let count, let kind, let leave): demand(profile, count, kind, leave)
    case .ends(let end): happen(end)
    case .storeHangs(let hangs): setStoreHangs(hangs)
    case .busHangs(let hangs):
      busHangs = hangs
      if !hangs { release("bus") }
    case .namesHang(let hangs):
      namesHang = hangs
      if !hangs { release("names") }
    case .losesLogLines:
      droppedLines += 7
      give(.logLinesDropped(droppedLines))
    case .overflow(let index): give(.changedAll(folder: folder(index)))
    case .loopHangs(let hangs):
      loopHangs = hangs
      checker.loopHangsSince = hangs ? now : nil
      if !hangs { for loop in Loop.allCases { give(.loopAnswered(loop)) } }
    }
  }

  private func writeSecret(_ profile: Int, _ secret: String?) {
    let path = Settings.secretPath(profile)
    // The secret's own folder is written to by the operator, from elsewhere.
    disk.files[path] = secret.map { Disk.File(content: $0) }
    checker.secretMayHaveChanged(profile, self)
    notice(path)
  }

  func folder(_ index: Int) -> String {
    switch index {
    case 0: Settings.runtime
    case 1: Settings.files
    case 2: Settings.folder
    default: Settings.secretFolder((index - Self.sharedFolders) % plan.profiles)
    }
  }

  private func setFolder(_ index: Int, _ state: Plan.FolderState) {
    let folder = folder(index)
    let wellSince = disk.folders[folder]?.wellSince ?? now
    disk.folders[folder] = Disk.Folder(state: state, wellSince: state == .well ? wellSince : nil)
    if state != .hanging { release(folder) }
    // A reader of a file may look a second later.
    events.add(now + .seconds(37), .look)
    events.add(now + .milliseconds(1_001), .look)
  }

  private func setStoreHangs(_ hangs: Bool) {
    storeHangs = hangs
    guard !hangs else { return }
    for pending in pendingStores where process?.number == pending.process {
      add(pending.name, pending.content)
      later(random.seconds(0.000_1, 0.005), .stored(pending.name, failure: nil))
    }
    pendingStores = []
  }

  private func meddle(_ outlet: Int, _ meddling: Plan.Meddling) {
    let paths = (disk.files.keys.filter { !$0.hasPrefix(Settings.folder) } + Array(disk.sockets.keys))
      .sorted()
    guard !paths.isEmpty else { return }
    let path = paths[outlet % paths.count]
    guard disk.state(of: Disk.folder(of: path)) == .well else { return }
    switch meddling {
    case .deletes:
      disk.files[path] = nil
      disk.sockets[path] = nil
      checker.files.meddled(path)
    case .overwrites:
      if disk.files[path] != nil {
        disk.files[path] = Disk.File(content: "rubbish", isAsItShouldBe: false)
        checker.files.meddled(path)
      }
    case .changesMode:
      disk.files[path]?.isAsItShouldBe = false
      disk.sockets[path]?.ownership = Ownership(mode: 0o777, group: nil)
    }
    notice(path)
    events.add(now + .seconds(37), .look)
  }

  /// The boot-time clock goes on, and nothing else does: whatever is due comes late.
  private func suspend(_ duration: Duration) {
    let end = now + duration
    slept += duration
    checker.suspended(until: end)
    for (index, _) in services.enumerated() {
      services[index].wellSince = services[index].wellSince.map { _ in end }
    }
    events.shift(to: end)
    events.add(end, .look)
  }

  private func demand(_ profile: Int, _ count: Int, _ kind: Int, _ leave: Bool) {
    guard let process, !process.isStopping else { return }
    for index in 0..<count {
      demandCount += 1
      let name = Settings.name(profile)
      let wish: RefreshDemand.Wish
      switch kind {
      case 0: wish = .now
      case 1: wish = .minimumValidity(plan.lifetime * 0.9)
      default: wish = .replacement(of: process.posted[name]?.header ?? Secret("nothing"))
      }
      let demand = RefreshDemand(
        id: DemandID(demandCount), profile: name, user: UInt32(index % 3), wish: wish, patience: .seconds(10))
      checker.demanded(demand, self)
      give(.demand(demand))
      if leave {
        checker.left(demand.id)
        give(.demandEnded(demand.id))
      }
    }
    events.add(now + .seconds(75), .look)
    // An app that asks again and again.
    guard kind == 0, count > 1 else { return }
    for round in 1...14 {
      let again = Plan.Happening.demands(profile: profile, count: 1, kind: 0, leave: leave)
      events.add(now + .milliseconds(700 * round), .happening(again))
    }
  }

  // MARK: The end

  /// Everything is well from now on: everything must be as it should be soon.
  func recover() {
    if checker.recoveryBegan == nil {
      checker.recoveryBegan = now
      for index in services.indices {
        services[index].answering = .well
        services[index].loses = false
        services[index].doubles = false
        services[index].isSlow = false
        review(index)
      }
      for index in 0..<plan.profiles {
        writeSecret(index, services[index % Self.services].secrets[Settings.name(index)])
      }
      for index in 0..<(Self.sharedFolders + plan.profiles) { setFolder(index, .well) }
      setStoreHangs(false)
      busHangs = false
      namesHang = false
      loopHangs = false
      checker.loopHangsSince = nil
      release("bus")
      release("names")
      for loop in Loop.allCases { give(.loopAnswered(loop)) }
      configuration.isValid = true
      events.add(now + checker.recoveryBound(self), .end)
    } else {
      checker.judgeRecovery(self)
      isOver = true
    }
  }
}

extension Plan.Happening {
  /// For the statistics.
  var kind: String {
    switch self {
    case .service(_, .well): "service well again"
    case .service(_, let answering): "service: \(answering.kind)"
    case .losesAnswers: "answers lost"
    case .repeatsAnswers: "answers doubled"
    case .slow: "slow service"
    case .rotates: "secret rotated"
    case .writesSecret: "secret written"
    case .spoilsSecret: "secret spoilt"
    case .folder(_, let state): "folder \(state)"
    case .meddles: "outlet meddled with"
    case .setsClock: "clock set"
    case .suspends: "suspend"
    case .reload(_, let isValid): isValid ? "reload" : "reload of nonsense"
    case .signalRefresh: "SIGUSR1"
    case .demands: "storm of demands"
    case .ends(.kill): "killed"
    case .ends: "stopped"
    case .storeHangs: "store hangs"
    case .busHangs: "bus hangs"
    case .namesHang: "names hang"
    case .losesLogLines: "log drops lines"
    case .overflow: "inotify overflow"
    case .loopHangs: "loop hangs"
    }
  }
}

extension Plan.Answering {
  var kind: String {
    switch self {
    case .throttles: "429"
    case .status(let code): "\(code)"
    default: "\(self)"
    }
  }
}
