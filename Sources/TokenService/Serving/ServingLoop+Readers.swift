import LinuxSystem
import Synchronization
import Systemd
import TokenCore

extension ServingLoop {
  /// Somebody has connected.
  func receive(_ connection: consuming OwnedFD, from address: [UInt8], _ socket: ReaderSocket) {
    guard let identity = try? PeerIdentity(of: connection.raw) else { return }
    if ListeningSocket.isProbe(address), identity.pid == ownProcess { return }
    let assignment = socket.assignment
    let peer = Peer(identity, address: address)
    guard mayRead(peer, connection, socket, assignment) else { return }
    let posting = assignment.board.current
    // systemd would start the unit with an empty credential, so that unit's own time-out is what counts.
    let deadline = peer.credentialUnit == nil ? BootTime.now() + assignment.settings.wait : nil
    guard let posting else {
      let reader = Reader(
        connection, socket: socket, profile: assignment.profile, peer: peer, deadline: deadline)
      return wait(reader, .hangUp)
    }
    guard let sent = send(posting.header, from: 0, to: connection) else { return }
    if sent == posting.header.count { return finish(peer, connection, socket, assignment) }
    let reader = Reader(
      connection, socket: socket, profile: assignment.profile, peer: peer, deadline: sendingEnd(posting))
    reader.rest = (posting, sent)
    wait(reader, .writable)
  }

  /// There may be a header for those who wait for this profile's.
  func answerWaiting(of profile: String) {
    for (tag, reader) in waiting.withoutHeader(of: profile) {
      let assignment = reader.socket.assignment
      guard let posting = assignment.board.current else { continue }
      // A reload may have changed who may read, or given the path to another profile.
      guard reader.profile == assignment.profile,
        mayRead(reader.peer, reader.descriptor, reader.socket, assignment)
      else {
        waiting.remove(tag)
        continue
      }
      reader.rest = (posting, 0)
      proceed(reader, tag)
    }
  }

  /// A reader has hung up, or has room again, or there is a header for it.
  func proceed(_ reader: Reader, _ tag: UInt64) {
    guard let (posting, sent) = reader.rest, BootTime.now() < posting.deadline,
      let count = send(posting.header, from: sent, to: reader.descriptor)
    else { return waiting.remove(tag) }
    if sent + count == posting.header.count {
      finish(reader.peer, reader.descriptor, reader.socket, reader.socket.assignment)
      return waiting.remove(tag)
    }
    if sent == 0 {
      guard (try? epoll.change(reader.descriptor.raw, .writable, tag: tag)) != nil else {
        return waiting.remove(tag)
      }
      waiting.setDeadline(of: tag, sendingEnd(posting))
    }
    reader.rest = (posting, sent + count)
  }

  /// A reader who takes a header in parts gets none of them after its end.
  private func sendingEnd(_ posting: HeaderBoard.Posting) -> BootTime {
    min(.now() + WaitingRoom.sendingTime, posting.deadline)
  }

  private func mayRead(
    _ peer: Peer, _ connection: borrowing OwnedFD, _ socket: ReaderSocket,
    _ assignment: ReaderSocket.Assignment
  ) -> Bool {
    let verdict = AccessRule.judge(peer, socket: connection.raw, by: assignment.settings.access)
    guard case .denied(let unit) = verdict else { return true }
    socket.denied.add(1, ordering: .relaxed)
    if assignment.settings.audit != .none, let leftOut = denials.admit(assignment.profile, .now()) {
      // The rule asks for it only where units are listed; whoever reads the message wants it in any case.
      let unit = unit ?? PeerUnit.ofPeer(connection.raw, peer.identity)
      let program = ProgramName.ofProcess(peer.identity.pid)
      report(
        .denied(profile: assignment.profile, peer: peer, unit: unit, program: program, leftOut: leftOut))
    }
    return false
  }

  private func finish(
    _ peer: Peer, _ connection: borrowing OwnedFD, _ socket: ReaderSocket,
    _ assignment: ReaderSocket.Assignment
  ) {
    socket.served.add(1, ordering: .relaxed)
    guard assignment.settings.audit == .all else { return }
    let unit = peer.credentialUnit ?? PeerUnit.ofPeer(connection.raw, peer.identity)
    let program = ProgramName.ofProcess(peer.identity.pid)
    report(.served(profile: assignment.profile, peer: peer, unit: unit, program: program))
  }

  private func wait(_ reader: Reader, _ interest: Epoll.Interest) {
    guard waiting.hasRoom(for: reader) else {
      if let leftOut = crowds.admit(reader.profile, .now()) {
        report(.tooManyWaiting(profile: reader.profile, limit: waiting.limit, leftOut: leftOut))
      }
      return
    }
    let tag = freshTag()
    guard (try? epoll.add(reader.descriptor.raw, interest, tag: tag)) != nil else { return }
    waiting.add(reader, tag)
  }

  private func send(_ header: Secret, from start: Int, to connection: borrowing OwnedFD) -> Int? {
    header.withBytes { connection.sendNow($0.extracting(start...)) }
  }
}
