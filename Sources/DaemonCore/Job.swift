package import TokenCore

/// Something that may block: it is done by a thread that may hang, never by the loop that decides. A performer does
/// each job as soon as it has it, on a thread of its own where need be; ``JobSchedule`` sees to the order, to how many
/// there are, and to those that hang.
package enum Job: Equatable, Sendable {
  /// Answered with ``JobResult/configuration(_:)`` or ``JobResult/refused(_:)``. `isLenient`, at a start: names that
  /// don't exist yet and folders that can't be trusted are noted in it instead of being problems.
  case readConfiguration(path: String, isLenient: Bool)
  /// ``JobResult/credentials(_:)``, ``JobResult/part(_:)`` or ``JobResult/credentialsRefused(_:)``.
  case readCredentials(CredentialReading)
  /// Answered with ``JobResult/changed``, ``JobResult/unchanged`` (it was there already, as it should be),
  /// ``JobResult/stale`` or ``JobResult/failed(_:)``.
  case writeHeader(HeaderWriting)
  /// ``JobResult/changed``, ``JobResult/unchanged`` (there was none) or ``JobResult/failed(_:)``: neither removed nor
  /// emptied.
  case withdrawHeader(path: String)
  /// ``JobResult/changed`` or ``JobResult/failed(_:)``.
  case openSocket(SocketOpening)
  /// Looks whether the path still leads to this socket, and gives it owner and mode where they are others:
  /// ``JobResult/unchanged``, ``JobResult/changed``, ``JobResult/missing`` or ``JobResult/failed(_:)``.
  case inspectSocket(SocketID, path: String, Ownership)
  /// Removes the path if it still leads to this socket; the socket stays open.
  case unbindSocket(SocketID, path: String)
  /// A listener on loopback, for metrics: `place` is `HOST:PORT`. `isInherited`: the socket is there already.
  case listenMetrics(SocketID, place: String, isInherited: Bool)
  /// ``JobResult/names(_:)``: those that exist.
  case resolveNames([AccountName])
  /// Asks the manager over the bus what it is doing with this unit: ``JobResult/managerJob(_:)``.
  case askBus
}

/// Reads a profile's client ID and secret, afresh for each request: they may have been replaced.
package struct CredentialReading: Equatable, Sendable {
  /// For messages.
  package let profile: String
  package let clientID: CredentialSource
  /// `nil`: only the client ID is read, since the two lie in different folders; it comes back as ``JobResult/part(_:)``
  /// and is `inline` in the next reading.
  package let clientSecret: CredentialSource?
  /// The groups of those who read headers: no secret may be open to one of them.
  package let readersGroups: Set<UInt32>
  /// What the fingerprint covers besides the credentials, and the key that it is made under.
  package let endpoint: String
  package let fingerprintKey: Secret
  /// The one folder that is looked into; `nil`: none, the values are in the configuration.
  package let folder: String?

  package init(
    profile: String, clientID: CredentialSource, clientSecret: CredentialSource?, readersGroups: Set<UInt32>,
    endpoint: String, fingerprintKey: Secret, folder: String?
  ) {
    self.profile = profile
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.readersGroups = readersGroups
    self.endpoint = endpoint
    self.fingerprintKey = fingerprintKey
    self.folder = folder
  }
}

/// Puts a header into a file.
package struct HeaderWriting: Equatable, Sendable {
  package let outlet: OutletID
  /// Right before the rename and again after it the performer compares this with what ``Effect/retire(_:below:)`` said:
  /// with a lower number it doesn't publish, and removes what it has published.
  package let generation: Int
  package let file: FileConfiguration
  package let header: Header
  /// Compared with the boot-time clock at the same two moments.
  package let deadline: BootTime

  package init(outlet: OutletID, generation: Int, file: FileConfiguration, header: Header, deadline: BootTime)
  {
    self.outlet = outlet
    self.generation = generation
    self.file = file
    self.header = header
    self.deadline = deadline
  }
}

/// Opens a token socket or the HTTP socket.
package struct SocketOpening: Equatable, Sendable {
  package let socket: SocketID
  package let path: String
  package let ownership: Ownership
  /// The descriptor is there already (``Inheritance``); it is only given its owner and mode, and its path is judged.
  package let isInherited: Bool
  /// Made by systemd for a socket unit: nothing about it is changed.
  package let isActivated: Bool

  package init(socket: SocketID, path: String, ownership: Ownership, isInherited: Bool, isActivated: Bool) {
    self.socket = socket
    self.path = path
    self.ownership = ownership
    self.isInherited = isInherited
    self.isActivated = isActivated
  }
}

/// What became of a ``Job``.
package enum JobResult: Equatable, Sendable {
  case configuration(Configuration)
  /// Every problem of the configuration, one sentence each.
  case refused([String])
  case credentials(ReadCredentials)
  /// The client ID alone.
  case part(Secret)
  case credentialsRefused(CredentialRefusal)
  case changed
  case unchanged
  case missing
  /// The header was too old when it could have been published: nothing of it is left. What was there before may be.
  case stale
  case names([AccountName: UInt32])
  case managerJob(ManagerJob)
  case failed(JobFailure)
}

package struct ReadCredentials: Equatable, Sendable {
  package let credentials: Credentials
  /// Tells whether they are still the same ones, without keeping them (HMAC-SHA256 under the key of the reading).
  package let fingerprint: [UInt8]

  package init(credentials: Credentials, fingerprint: [UInt8]) {
    self.credentials = credentials
    self.fingerprint = fingerprint
  }
}

/// Why credentials can't be used.
package struct CredentialRefusal: Equatable, Sendable {
  /// A sentence that names the file and the remedy.
  package let reason: String
  /// This process or host had no descriptor or memory left for it.
  package let isShortage: Bool

  package init(reason: String, isShortage: Bool) {
    self.reason = reason
    self.isShortage = isShortage
  }
}

/// Why a job failed.
package struct JobFailure: Error, Equatable, Sendable {
  /// A sentence.
  package let reason: String
  /// The system refused this user.
  package let isPermission: Bool

  package init(reason: String, isPermission: Bool = false) {
    self.reason = reason
    self.isPermission = isPermission
  }
}

/// What systemd is doing with the unit.
package enum ManagerJob: Equatable, Sendable {
  case restart
  /// Another job, or none.
  case other
  /// Not run by systemd, or it can't be asked.
  case unknown
}
