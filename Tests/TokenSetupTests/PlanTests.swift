import LinuxSystem
import Testing
import TokenCore

@testable import TokenSetup

@Suite("What setup and rotate do, step by step")
struct PlanTests {
  private let root = FileOwner(user: 0, group: 0, mode: 0o600)
  private let old = ConfigurationText("old")

  @Test("Setup: the secret first, the configuration last")
  func setup() {
    let owner = FileOwner(user: 0, group: 7, mode: 0o640)
    func changes(_ present: SetupPlan.PresentSecret, isThere: Bool) -> [FileChange] {
      SetupPlan.changes(
        configuration: ("/c", ConfigurationText("text"), owner, isThere),
        secret: ("/s", Secret("value"), present))
    }
    let configuration = FileChange.replace(path: "/c", content: Secret("text"), owner)
    #expect(
      changes(.none, isThere: false) == [
        .create(path: "/s", content: Secret("value\n"), .secret),
        .create(path: "/c", content: Secret("text"), owner),
      ])
    #expect(changes(.same, isThere: true) == [configuration])
    #expect(
      changes(.other(root), isThere: true) == [
        .replace(path: "/s", content: Secret("value\n"), root), configuration,
      ])
  }

  @Test("Setup replaces the package's example and adds to anything else")
  func setupText() {
    let profile = NewProfile(name: "p", place: .region("EU"), clientID: "id")
    #expect(SetupPlan.text(old, isExample: true, profile) == .first(profile))
    #expect(SetupPlan.text(nil, isExample: false, profile) == .first(profile))
    #expect(SetupPlan.text(old, isExample: false, profile) == old.adding(profile))
  }

  private func file(_ path: String, staged: String?) -> RotationPlan.Part {
    .file(path: path, content: Secret(path), root, isThere: true, staged: staged)
  }

  private func replacing(_ path: String) -> FileChange { .replace(path: path, content: Secret(path), root) }

  @Test("Rotate: one place is one step")
  func onePlace() {
    #expect(
      RotationPlan.steps(clientID: .kept, secret: file("/s", staged: "/s.new"), texts: nil) == [
        [replacing("/s")]
      ])
    let texts = RotationPlan.Texts(path: "/c", owner: root, final: ConfigurationText("final"), between: nil)
    #expect(
      RotationPlan.steps(clientID: .inline, secret: .inline, texts: texts) == [
        [.replace(path: "/c", content: Secret("final"), root)]
      ])
  }

  @Test("Rotate: with two places, the configuration names a pair that belongs together after each step")
  func twoPlaces() {
    let texts = RotationPlan.Texts(
      path: "/c", owner: root, final: ConfigurationText("id=new secret=/s"),
      between: ConfigurationText("id=new secret=/s.new"))
    let steps = RotationPlan.steps(clientID: .inline, secret: file("/s", staged: "/s.new"), texts: texts)
    #expect(steps.first?.contains(replacing("/s")) == false)
    var disk = ["/c": "id=old secret=/s", "/s": "old"]
    var pairs: [String] = []
    for change in steps.joined() {
      switch change {
      case .create(let path, _, _), .replace(let path, _, _): disk[path] = path == "/c" ? disk[path] : "new"
      case .remove(let path): disk[path] = nil
      }
      if case .replace("/c", let content, _) = change { disk["/c"] = content.text }
      let words = (disk["/c"] ?? "").split(separator: " ")
      let (id, place) = (words[0].dropFirst(3), String(words[1].dropFirst(7)))
      pairs.append("\(id) \(disk[place] ?? "nothing")")
    }
    #expect(pairs == ["old old", "new new", "new new", "new new", "new new"])
    #expect(disk.keys.sorted() == ["/c", "/s"])
  }

  @Test(
    "A start is judged by what the unit has done since",
    arguments: [
      (["InvocationID": "1", "ActiveState": "failed"], true, .waiting),
      (["InvocationID": "2", "ActiveState": "activating"], false, .waiting),
      (["InvocationID": "2", "ActiveState": "active"], true, .served),
      (
        ["InvocationID": "2", "ActiveState": "failed", "ExecMainStatus": "77", "StatusText": "why"], false,
        .failed(exitCode: 77, status: "why")
      ),
      (
        ["InvocationID": "2", "ActiveState": "failed", "ExecMainStatus": "1", "Result": "exit-code"], false,
        .failed(exitCode: 1, status: "result: exit-code")
      ),
    ] as [([String: String], Bool, StartWatch.Verdict)])
  func start(unit: [String: String], isServed: Bool, verdict: StartWatch.Verdict) {
    #expect(StartWatch.judge(unit: unit, before: "1", isServed: isServed) == verdict)
  }

  @Test("A unit's credentials: files of their own, folders, encrypted ones, and what takes them back")
  func credentials() {
    let text = """
      # LoadCredential=no:/no
      LoadCredential=secrets:/etc/secrets
      LoadCredentialEncrypted = nothing
      LoadCredentialEncrypted=secrets_default:/etc/default.cred
      LoadCredential=plain:"/etc/plain"
      LoadCredential=socket:relative
      """
    let loaded = LoadedCredentials(unitText: text)
    #expect(
      loaded.sources(of: "secrets_default") == [
        .plain("/etc/secrets/default"), .encrypted("/etc/default.cred"),
      ])
    #expect(loaded.sources(of: "plain") == [.plain("/etc/plain")])
    #expect(loaded.sources(of: "no") == [] && loaded.sources(of: "socket") == [])
    #expect(LoadedCredentials(unitText: text + "\nLoadCredential=\n").sources(of: "plain") == [])
  }
}
