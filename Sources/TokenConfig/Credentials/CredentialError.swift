internal import Glibc
package import LinuxSystem

/// Why a client ID or secret cannot be used. The descriptions are sentences that name the file and the
/// remedy; none holds a byte of what the file holds.
package enum CredentialError: Error, Equatable, Sendable {
  /// The file cannot be opened or read.
  case unreadable(file: String, SystemError)
  /// The credential isn't in `$CREDENTIALS_DIRECTORY`.
  case missing(credential: String, directory: String)
  /// There is no `$CREDENTIALS_DIRECTORY` to look into.
  case noCredentialsDirectory(credential: String)
  /// A folder, a FIFO, a device.
  case notRegularFile(file: String)
  /// Others than its owner and group may read or write it. The mode in octal permission bits.
  case exposed(file: String, mode: UInt32)
  case foreignOwner(file: String, owner: String)
  /// An access list lets another user use it.
  case listed(file: String, user: String)
  /// The group that may use it is the group of a socket or file for readers.
  case readersGroup(file: String, group: String)
  case tooLong(file: String, limit: Int)
  case empty(file: String)
  case notUTF8(file: String)
  /// A line break inside, or another control character.
  case controlCharacter(file: String)
}

extension CredentialError {
  /// Whether descriptors or memory have run out, which says nothing about the file.
  package var isShortage: Bool {
    if case .unreadable(_, let cause) = self { cause.isShortage } else { false }
  }
}

extension CredentialError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let file, let error) where error.errno == ENOENT:
      "\(file) does not exist: create it, or name another one"
    case .unreadable(let file, let error) where error.errno == EACCES:
      "\(error): let the service's user read it: chgrp assetit-tokend \(file) && chmod 0640 \(file)"
    case .unreadable(_, let error):
      "\(error): let the service's user read it"
    case .missing(let credential, let directory):
      Self.describe(missing: credential, directory)
    case .noCredentialsDirectory(let credential):
      "the systemd credential \(credential) is wanted, but this process has no credentials ($CREDENTIALS_DIRECTORY"
        + " is not set): start the unit, or name a file in client_secret_file"
    case .notRegularFile(let file):
      "\(file) is not a regular file: put the value into a file of its own"
    case .exposed(let file, let mode):
      "\(file) has mode \(FileMode.format(mode)), so others than its owner and group may use it:"
        + " chmod o= \(file)"
    case .foreignOwner(let file, let owner):
      "\(file) belongs to the user \(owner), but only root or the service's user may own it: chown root \(file)"
    case .listed(let file, let user):
      "an access list lets the user \(user) use \(file): setfacl -x u:\(user) \(file)"
    case .readersGroup(let file, let group):
      "\(file) is open to the group \(group), which is the group of those who read headers: chmod g= \(file),"
        + " or give it another group"
    case .tooLong(let file, let limit):
      "\(file) is longer than \(limit) bytes: it must hold the value and nothing else"
    case .empty(let file):
      "\(file) is empty: write the value into it"
    case .notUTF8(let file):
      "\(file) is not UTF-8 text: it must hold the value and nothing else"
    case .controlCharacter(let file):
      "\(file) holds a line break or another control character inside: it must hold the value and nothing else"
    }
  }

  /// For a credential that the configuration names: without that name, since somebody may have put the
  /// secret itself there.
  var withoutName: String {
    switch self {
    case .missing(_, let directory):
      "there is no such credential in \(directory): load it with LoadCredential= in the unit, then restart the unit"
    case .noCredentialsDirectory:
      "names a systemd credential, but this process has none ($CREDENTIALS_DIRECTORY is not set): start the"
        + " unit, or name a file"
    default: description
    }
  }

  private static func describe(missing credential: String, _ directory: String) -> String {
    let prefix = "secrets_"
    guard credential.hasPrefix(prefix) else {
      return "there is no credential \(credential) in \(directory): load it with LoadCredential= in the unit,"
        + " then restart the unit"
    }
    return "there is no credential \(credential) in \(directory): write the secret to"
      + " /etc/assetit-tokend/secrets/\(credential.dropFirst(prefix.count)) (root, 0600), then restart the unit"
  }
}
