import TokenCore

/// Whose turn it is to send a request: at most 16 to one service and 64 in all, the earliest deadline first. A service
/// whose last exchange timed out or couldn't connect has one slot until an exchange with it is answered, so that a dead
/// service doesn't take the others' slots.
struct ExchangeSchedule {
  static let mostOfService = 16
  static let mostInAll = 64

  private struct Service {
    var inFlight = 0
    var isDoubtful = false
    var waiting = DueQueue<String, Urgency>()

    var slots: Int { isDoubtful ? 1 : ExchangeSchedule.mostOfService }
  }

  /// The end of the token that readers have, and then who came first.
  private struct Urgency: Comparable, Sendable {
    let deadline: BootTime
    let order: Int

    static func < (left: Urgency, right: Urgency) -> Bool {
      (left.deadline, left.order) < (right.deadline, right.order)
    }
  }

  private var services: [String: Service] = [:]
  /// Services that have a free slot and somebody who waits for it.
  private var candidates = DueQueue<String, Urgency>()
  private var places: [String: String] = [:]
  /// Service of each profile that has a slot.
  private var holders: [String: String] = [:]
  private var order = 0
  /// Nothing is sent before that moment.
  private var holdUntil: BootTime?

  var waitingCount: Int { places.count }
  var inFlightCount: Int { holders.count }

  mutating func hold(until moment: BootTime, _ turn: inout Turn) {
    holdUntil = moment
    turn.agenda.set(.hold, moment)
  }

  /// A profile wants a slot. `deadline`: the end of its token; `nil`: it has none.
  mutating func enqueue(_ profile: String, service: String, deadline: BootTime?) {
    leave(profile)
    order += 1
    let urgency = Urgency(deadline: deadline ?? BootTime(nanoseconds: .min), order: order)
    services[service, default: Service()].waiting.set(profile, urgency)
    places[profile] = service
    review(service)
  }

  /// The profile wants none any more, and gives back what it has.
  mutating func leave(_ profile: String) {
    if let service = places.removeValue(forKey: profile) {
      services[service]?.waiting.set(profile, nil)
      review(service)
    }
    release(profile, nil)
  }

  /// The profile's exchange has ended. `isDoubtful`: whether it timed out or couldn't connect; `nil`: it says nothing.
  mutating func release(_ profile: String, _ isDoubtful: Bool?) {
    guard let service = holders.removeValue(forKey: profile) else { return }
    services[service]?.inFlight -= 1
    if let isDoubtful { services[service]?.isDoubtful = isDoubtful }
    review(service)
  }

  /// - Returns: the profile whose turn it is, which has a slot from now on.
  mutating func next(_ now: BootTime) -> String? {
    if let holdUntil, now < holdUntil { return nil }
    guard holders.count < Self.mostInAll, let service = candidates.first?.key,
      let profile = services[service]?.waiting.removeFirst()?.key
    else { return nil }
    places[profile] = nil
    holders[profile] = service
    services[service]?.inFlight += 1
    review(service)
    return profile
  }

  private mutating func review(_ name: String) {
    guard let service = services[name] else { return }
    let isFree = service.inFlight < service.slots
    candidates.set(name, isFree ? service.waiting.first?.time : nil)
    if service.inFlight == 0, service.waiting.isEmpty, !service.isDoubtful { services[name] = nil }
  }
}

extension ExchangeFailure {
  /// The service couldn't be reached, as opposed to one that answered something; `nil`: it says nothing about it.
  var isAboutReach: Bool? {
    switch self {
    case .nameResolution, .network, .timedOut, .handshake: true
    case .abandoned, .credentialsUnavailable, .shortage, .unusableSetting, .remembered: nil
    default: false
    }
  }
}
