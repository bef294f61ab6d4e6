import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("Who reads")
struct ReaderTests {
  @Test(
    "A unit is believed of root alone, at systemd's own form of address",
    arguments: [
      ("\0abc/unit/foo.service/cred", 0, "foo.service"),
      ("\0abc/unit/foo@a\\x2db.service/assetit.header", 0, "foo@a\\x2db.service"),
      ("\0abc/unit/foo.service/cred", 1000, nil),
      ("\0abc/unit/foo.service/cred", 65_534, nil),
      ("abc/unit/foo.service/cred", 0, nil),
      ("/abc/unit/foo.service/cred", 0, nil),
      ("\0abc/unit/foo.service", 0, nil),
      ("\0abc/unit/foo.service/cred/more", 0, nil),
      ("\0abc/unit//cred", 0, nil),
      ("\0abc/UNIT/foo.service/cred", 0, nil),
      ("\0abc/units/foo.service/cred", 0, nil),
      ("\0", 0, nil),
      ("", 0, nil),
    ] as [(String, UInt32, String?)])
  func address(address: String, uid: UInt32, unit: String?) {
    #expect(Peer(PeerIdentity(pid: 1, uid: uid, gid: uid), address: address.utf8).credentialUnit == unit)
  }

  @Test(
    "The access list is judged by this table",
    arguments: [
      Row(.none, uid: 1000, isAllowed: true),
      Row(.none, uid: 0, unit: "a.service", isAllowed: true),
      Row(.users, uid: 1000, isAllowed: false),
      Row(.users, uid: 2000, isAllowed: true),
      Row(.users, uid: 0, isAllowed: true),
      Row(.users, uid: 0, unit: "a.service", isAllowed: true),
      Row(.groups, uid: 1000, gid: 1000, isAllowed: false),
      Row(.groups, uid: 1000, gid: 3000, isAllowed: true),
      Row(.groups, uid: 1000, gid: 4000, supplementary: true, isAllowed: true),
      Row(.groups, uid: 0, unit: "a.service", isAllowed: true),
      Row(.units, uid: 0, isAllowed: true),
      Row(.units, uid: 1000, isAllowed: false),
      Row(.units, uid: 0, unit: "a.service", isAllowed: false),
      Row(.units, uid: 0, unit: "billing-sync.service", isAllowed: true),
      Row(.units, uid: 0, unit: "worker@7.service", isAllowed: true),
      Row(.units, uid: 0, unit: "worker.service", isAllowed: false),
      Row(.all, uid: 0, unit: "a.service", isAllowed: false),
      Row(.all, uid: 2000, isAllowed: true),
      Row(.all, uid: 1000, gid: 3000, isAllowed: true),
    ])
  func access(row: Row) throws {
    var list = AccessList()
    if row.lists == .users || row.lists == .all { list.users = [2000, 2001] }
    if row.lists == .groups || row.lists == .all { list.groups = [3000, 3001] }
    if row.lists == .units || row.lists == .all { list.units = ["billing-sync.service", "worker@*.service"] }
    var pair: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    defer { for descriptor in pair { close(descriptor) } }
    if row.isSupplementary {
      // The groups are asked of the kernel, so this process's own stand for the reader's.
      let own = PeerIdentity.supplementaryGroups(of: pair[0])
      guard let first = own.first else { return }
      list.groups = [first]
    }
    let address = row.unit.map { "\0x/unit/\($0)/c" } ?? ""
    let peer = Peer(PeerIdentity(pid: getpid(), uid: row.uid, gid: row.gid), address: address.utf8)
    let verdict = AccessRule.judge(peer, socket: pair[0], by: list)
    if row.isAllowed {
      #expect(verdict == .allowed)
    } else {
      guard case .denied(let unit) = verdict else {
        Issue.record("allowed")
        return
      }
      if let named = row.unit { #expect(unit == named) }
    }
  }

  @Test("Units are matched by globs over their whole name")
  func globs() {
    #expect(AccessRule.matches("a.service", ["a.service"]))
    #expect(AccessRule.matches("billing-sync.service", ["billing-*.service"]))
    #expect(AccessRule.matches("a1.service", ["b.service", "a?.service"]))
    #expect(!AccessRule.matches("a.service.d", ["a.service"]))
    #expect(!AccessRule.matches("xa.service", ["a.service"]))
    #expect(!AccessRule.matches("axservice", ["a.service"]))
    #expect(!AccessRule.matches("a.service", []))
  }

  enum Lists: Sendable { case none, users, groups, units, all }

  struct Row: Sendable, CustomTestStringConvertible {
    let lists: Lists
    let uid: UInt32
    let gid: UInt32
    let unit: String?
    let isSupplementary: Bool
    let isAllowed: Bool

    init(
      _ lists: Lists, uid: UInt32, gid: UInt32 = 9999, unit: String? = nil, supplementary: Bool = false,
      isAllowed: Bool
    ) {
      self.lists = lists
      self.uid = uid
      self.gid = gid
      self.unit = unit
      isSupplementary = supplementary
      self.isAllowed = isAllowed
    }

    var testDescription: String {
      "\(lists), uid \(uid), gid \(gid), \(unit ?? "no unit"): \(isAllowed ? "allowed" : "denied")"
    }
  }
}

@Suite("The waiting room")
struct WaitingRoomTests {
  private let folder: TemporaryFolder
  private let socket: ReaderSocket

  init() throws {
    folder = try TemporaryFolder()
    let settings = SocketConfiguration(path: folder.path("s"))
    socket = ReaderSocket(
      SocketTable.Unix(
        try ListeningSocket(path: settings.path, ownership: settings.ownership), isActivated: false),
      .init(profile: "default", board: HeaderBoard(), settings: settings))
  }

  private func reader(uid: UInt32 = 1000, unit: String? = nil, until seconds: Int? = nil) throws -> Reader {
    let address = unit.map { "\0x/unit/\($0)/c" } ?? ""
    return Reader(
      try OwnedFD.spare(), socket: socket, profile: "default",
      peer: Peer(PeerIdentity(pid: 1, uid: uid, gid: 0), address: address.utf8),
      deadline: seconds.map { start + .seconds($0) })
  }

  @Test("holds half of the descriptors, and half of those for one user, save for systemd")
  func bounds() throws {
    var room = WaitingRoom(limit: 8)
    #expect(room.limit == 8)
    for tag in 0..<4 { room.add(try reader(), UInt64(tag)) }
    #expect(!room.hasRoom(for: try reader()))
    #expect(room.hasRoom(for: try reader(uid: 1001)))
    for tag in 4..<7 { room.add(try reader(uid: 0, unit: "a.service"), UInt64(tag)) }
    room.add(try reader(uid: 0, unit: "a.service"), 7)
    #expect(!room.hasRoom(for: try reader(uid: 1001)))
    #expect(!room.hasRoom(for: try reader(uid: 0, unit: "a.service")))
    room.remove(0)
    #expect(room.hasRoom(for: try reader()))
    room.remove(0)
    room.add(try reader(), 8)
    #expect(!room.hasRoom(for: try reader(uid: 1001)), "one that is removed twice counts once")
  }

  @Test("lets systemd in beyond the half that a user has, up to the whole")
  func systemd() throws {
    var room = WaitingRoom(limit: 4)
    for tag in 0..<3 { room.add(try reader(uid: 0, unit: "a.service"), UInt64(tag)) }
    #expect(!room.hasRoom(for: try reader(uid: 0)))
    #expect(room.hasRoom(for: try reader(uid: 0, unit: "b.service")))
  }

  @Test("lets each go when its time is over, and says when that is")
  func deadlines() throws {
    var room = WaitingRoom(limit: 50)
    #expect(room.timeout(now: start) == nil)
    room.add(try reader(), 1)
    #expect(room.timeout(now: start) == nil)
    room.add(try reader(until: 10), 2)
    room.add(try reader(until: 5), 3)
    let timeout = try #require(room.timeout(now: start))
    #expect((5000...5001).contains(timeout), "never too early, which would spin")
    room.removeOverdue(now: start + .seconds(5) - .nanoseconds(1))
    #expect(room[3] != nil)
    room.removeOverdue(now: start + .seconds(5))
    #expect(room[3] == nil)
    #expect(room[2] != nil)
    room.setDeadline(of: 2, start + .seconds(7))
    #expect(room.timeout(now: start + .seconds(7)).map { $0 <= 1 } == true)
    room.removeOverdue(now: start + .seconds(7))
    #expect(room[2] == nil)
    #expect(room[1] != nil, "without a deadline it stays")
    #expect(room.timeout(now: start + .seconds(100)) == nil)
  }

  @Test("knows those who have no header yet, and lets a socket's readers go together")
  func groups() throws {
    var room = WaitingRoom(limit: 50)
    let sending = try reader()
    sending.rest = (HeaderBoard.Posting(header: Secret("JWT a"), deadline: start + .seconds(60)), 2)
    room.add(sending, 1)
    room.add(try reader(), 2)
    #expect(room.withoutHeader(of: "default").map(\.0) == [2])
    #expect(room.withoutHeader(of: "other").isEmpty)
    room.removeAll { $0.socket === socket }
    #expect(room.withoutHeader(of: "default").isEmpty)
    #expect(room[1] == nil)
  }
}
