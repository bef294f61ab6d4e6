import LinuxSystem
import Testing

@Suite("Judging the folders of sockets and header files")
struct FolderRuleTests {
  private let rule = FolderRule(users: [0, 100], groups: [0, 100])

  private func folder(
    owner: UInt32 = 0, group: UInt32 = 0, mode: UInt32 = 0o755, list: AccessControlList? = nil,
    next: UInt32? = nil
  ) -> FolderFacts {
    let writers: FolderFacts.GroupWriters = mode & 0o020 == 0 ? .none : list.map { .list($0) } ?? .ownGroup
    return FolderFacts(path: "/f", owner: owner, group: group, mode: mode, writers: writers, nextOwner: next)
  }

  private func list(users: [UInt32] = [], groups: [UInt32] = [], own: Bool = false) -> AccessControlList {
    var list = AccessControlList()
    list.users = users
    list.groups = groups
    list.includesOwnGroup = own
    return list
  }

  @Test("Folders that root or the service's user alone can write are fit")
  func fit() {
    let fit = [
      folder(), folder(owner: 100), folder(mode: 0o775), folder(group: 100, mode: 0o775),
      folder(mode: 0o1755),
      folder(mode: 0o775, list: list(own: true)),
      folder(group: 7, mode: 0o775, list: list(users: [100], groups: [100])),
    ]
    for facts in fit { #expect(rule.fault(in: facts) == nil, "\(facts)") }
  }

  @Test("A folder that everybody, another user or another group can write isn't fit, whatever else it is")
  func unfit() {
    let cases: [(FolderFacts, FolderFault.Reason)] = [
      (folder(owner: 7), .owner(7)), (folder(owner: 7, mode: 0o1777, next: 0), .owner(7)),
      (folder(mode: 0o777), .everybody), (folder(mode: 0o757), .everybody),
      (folder(mode: 0o1777), .everybody), (folder(mode: 0o1777, next: 7), .everybody),
      (folder(group: 7, mode: 0o775), .group(7, isListed: false)),
      (folder(group: 7, mode: 0o1775), .group(7, isListed: false)),
      (folder(mode: 0o775, list: list(users: [100, 7])), .user(7)),
      (folder(mode: 0o775, list: list(groups: [0, 7])), .group(7, isListed: true)),
      (folder(group: 7, mode: 0o775, list: list(own: true)), .group(7, isListed: false)),
    ]
    for (facts, reason) in cases { #expect(rule.fault(in: facts)?.reason == reason, "\(facts)") }
    let unknown = FolderFacts(path: "/f", owner: 0, group: 0, mode: 0o775, writers: .unknown)
    #expect(rule.fault(in: unknown)?.reason == .unknownList)
  }

  @Test("A sticky folder on the way is fit if what comes next belongs to root or the service's user")
  func sticky() {
    for next in [0, 100] as [UInt32] {
      #expect(rule.fault(in: folder(mode: 0o1777, next: next)) == nil)
      #expect(rule.fault(in: folder(group: 7, mode: 0o1775, next: next)) == nil)
    }
  }

  @Test("A shared folder may be written by groups, and by nobody else")
  func shared() {
    let shared = FolderRule(users: [0, 100], groups: [0, 100], isShared: true)
    #expect(shared.fault(in: folder(group: 7, mode: 0o775)) == nil)
    #expect(shared.fault(in: folder(group: 7, mode: 0o775, list: list(groups: [8], own: true))) == nil)
    #expect(shared.fault(in: folder(mode: 0o777))?.reason == .everybody)
    #expect(shared.fault(in: folder(mode: 0o775, list: list(users: [7])))?.reason == .user(7))
    #expect(shared.fault(in: folder(owner: 7))?.reason == .owner(7))
  }

  @Test("A fault names the folder, its mode, who can write, and the remedy")
  func texts() {
    let texts = [
      folder(mode: 0o777), folder(owner: 7), folder(group: 7, mode: 0o2775),
      folder(mode: 0o775, list: list(users: [7])),
      folder(mode: 0o775, list: list(groups: [7])),
    ].map { rule.fault(in: $0)?.text(userName: { "u\($0)" }, groupName: { "g\($0)" }) }
    #expect(
      texts == [
        "anybody can write to the folder /f (mode 0777) and replace what readers get: chmod o-w /f, or choose another"
          + " folder",
        "the folder /f (mode 0755) belongs to the user u7, who can replace what readers get: chown root /f",
        "members of the group g7 can write to the folder /f (mode 2775) and replace what readers get: chmod g-w /f, or"
          + " shared_folder = true if you trust them with that",
        "an access list lets the user u7 write to the folder /f (mode 0775) and replace what readers get:"
          + " setfacl -x u:u7 /f",
        "members of the group g7 can write to the folder /f (mode 0775) and replace what readers get:"
          + " setfacl -x g:g7 /f, or shared_folder = true if you trust them with that",
      ])
  }

  /// Built after posix_acl_xattr.h: version 2, then tag, permissions and id of each entry.
  private func attribute(_ entries: [(tag: UInt16, permissions: UInt16, id: UInt32)]) -> [UInt8] {
    entries.reduce([2, 0, 0, 0]) { bytes, entry in
      let id = (0..<4).map { UInt8(truncatingIfNeeded: entry.id >> (8 * $0)) }
      return bytes + [
        UInt8(truncatingIfNeeded: entry.tag), 0, UInt8(truncatingIfNeeded: entry.permissions), 0,
      ] + id
    }
  }

  @Test("An access list is read with its mask")
  func accessList() {
    let entries: [(tag: UInt16, permissions: UInt16, id: UInt32)] = [
      (1, 7, .max), (2, 7, 1000), (2, 5, 1001), (4, 7, .max), (8, 6, 70_000), (16, 7, .max), (32, 5, .max),
    ]
    let open = AccessControlList(attribute: attribute(entries), granting: .write)
    #expect(open == list(users: [1000], groups: [70_000], own: true))
    let masked = entries.map { $0.tag == 16 ? (tag: 16, permissions: 5, id: .max) : $0 }
    #expect(AccessControlList(attribute: attribute(masked), granting: .write) == list())
  }

  @Test("What is no access list is told from an empty one, in every shape")
  func malformed() {
    var random = SplitMix(state: 3)
    let whole = attribute([(1, 7, .max), (2, 7, 1000), (16, 7, .max), (32, 5, .max)])
    for count in 0..<whole.count where count % 8 != 4 {
      #expect(AccessControlList(attribute: Array(whole[..<count]), granting: .write) == nil)
    }
    #expect(AccessControlList(attribute: [3] + whole.dropFirst(), granting: .write) == nil)
    #expect(AccessControlList(attribute: attribute([(3, 7, 0)]), granting: .write) == nil)
    for _ in 0..<10_000 {
      let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      _ = AccessControlList(attribute: [2, 0, 0, 0] + bytes, granting: .write)
    }
  }
}

/// SplitMix64: the same numbers in every run.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
