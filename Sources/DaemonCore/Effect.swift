package import TokenCore

/// What is to be done, in the order of the list. None of it may block the loop that decides.
package enum Effect: Equatable, Sendable {
  /// Do this on a thread that may block, at once; answer with ``Input/jobEnded(_:_:)``, once and however late.
  case perform(JobID, Job)
  /// From now on no writing of this outlet with a lower generation may publish anything.
  case retire(OutletID, below: Int)

  /// Say when something happens to this file. Only the file's folder is watched, and the folder's own only while it is
  /// missing.
  case watch(path: String)
  case unwatch(path: String)

  /// Send a request; answer with ``Input/exchangeEnded(_:_:)``.
  case exchange(ExchangeNumber, ExchangeOrder)
  /// Give it up; it is answered all the same.
  case abandon(ExchangeNumber)

  /// Tell the manager, in one datagram.
  case notify([ManagerMessage])
  /// Let the manager keep this; answer with ``Input/stored(_:failure:)``. Names are used once.
  case store(StoreName, StoreContent)
  /// Let the manager close this entry. No answer.
  case unstore(StoreName)

  /// Tell the operator. It is dropped and counted where the log takes no more.
  case log(Notice)
  case setLogLevel(Configuration.LogLevel)
  /// This is what readers and callers may use of the process's descriptors from now on.
  case share(DescriptorBudget)

  /// What the profile's readers get from now on; `nil`: nothing. Readers who wait are answered.
  case post(profile: String, Posting?)
  /// Serve this socket, or serve it in another way from now on.
  case serve(SocketID, SocketRole)
  /// Serve it no more. Readers in its queue are answered, those who wait are turned away; the socket is closed.
  case close(SocketID)

  /// What the HTTP server is to know, and the answers to demands.
  case control(ControlPosting)
  /// Answers everybody who has asked for it (``Input/metricsWanted``).
  case metrics(DaemonMetrics)

  /// Let each of these loops answer with ``Input/loopAnswered(_:)`` when it comes round.
  case probe([Loop])
  /// Let the readers' thread and the HTTP server each answer with ``Input/confirmed(_:_:)`` once everything before this
  /// is in force with them: what was closed is closed, what was opened takes connections.
  case confirm(Int)

  /// Close all servers; answer with ``Input/drained``. `answeringQueue`: readers in the queue are answered first,
  /// which ends only where nobody new can come; otherwise they stay queued for the next process.
  case drain(answeringQueue: Bool)
  /// End the process now, whatever is still under way. The last effect.
  case exit(ExitStatus)
}

/// What a request is made of.
package struct ExchangeOrder: Equatable, Sendable {
  package let profile: String
  package let settings: ExchangeSettings
  package let credentials: Credentials
  package let assumedLifetime: Duration

  package init(
    profile: String, settings: ExchangeSettings, credentials: Credentials, assumedLifetime: Duration
  ) {
    self.profile = profile
    self.settings = settings
    self.credentials = credentials
    self.assumedLifetime = assumedLifetime
  }
}

/// A message for the service manager (sd_notify(3)).
package enum ManagerMessage: Equatable, Sendable {
  case ready
  /// The performer adds `MONOTONIC_USEC=`, of the moment when it has this.
  case reloading
  case stopping
  /// One line for `systemctl status`.
  case status(String)
  case watchdog
  /// Start or stop may take this much longer, from now.
  case extendTimeout(Duration)
}

/// What the descriptor store keeps.
package enum StoreContent: Equatable, Sendable {
  case record(ProfileRecord)
  case socket(SocketID)
  /// When processes of this service were started, the newest last.
  case starts([BootTime])
}

/// What readers get.
package struct Posting: Equatable, Sendable {
  /// The bytes of the header's value.
  package let header: Secret
  /// From then on nobody gets it, whatever else happens: the clock is read anew for each reader.
  package let deadline: BootTime

  package init(header: Secret, deadline: BootTime) {
    self.header = header
    self.deadline = deadline
  }
}

/// What a socket is for.
package enum SocketRole: Equatable, Sendable {
  /// The profile's header.
  case tokens(profile: String, SocketConfiguration)
  /// HTTP, everything.
  case api(APIConfiguration)
  /// HTTP, metrics and health only; `HOST:PORT`.
  case metrics(place: String)
}
