import Testing

@testable import assetit_token

@Suite("curl's command line and answers")
struct CurlTests {
  @Test("the header comes by descriptor, for every part of the command line")
  func command() {
    let own = ["--header", "@/dev/fd/7", "--suppress-connect-headers", "--dump-header", "/dev/fd/9"]
    #expect(
      CurlArguments(["-q", "-s", "u", "--next", "v"]).command(header: 7, answers: 9)
        == ["curl", "-q"] + own + ["-q", "-s", "u", "--next"] + own + ["v"])
    #expect(
      CurlArguments(["u", "-q"]).command(header: 7, answers: nil) == [
        "curl", "--header", "@/dev/fd/7", "u", "-q",
      ])
    #expect(
      CurlArguments(["u"]).command(header: 7, answers: nil, isOnTerminal: true).contains(
        "--no-progress-meter"))
  }

  @Test(
    "standard input is read whole or streamed, under each of its names",
    arguments: [
      (["-d", "@-"], .whole), (["--data-binary", "@-"], .whole), (["-sd@-"], .whole),
      (["--json", "@-"], .whole),
      (["-d", "@/dev/stdin"], .whole), (["-F", "f=@-;type=text/plain"], .whole),
      (["-F", "f=</dev/fd/0"], .whole),
      (["--data-urlencode", "name@-"], .whole), (["--url-query", "q@-"], .whole), (["-H", "@-"], .whole),
      (["-T", "-"], .streamed), (["-sT-"], .streamed), (["-T", "/dev/stdin"], .streamed),
      (["-d", "-"], .unused), (["--data-raw", "@-"], .unused), (["-d", "x@-"], .unused),
      (["-F", "f=x"], .unused),
      (["--data-urlencode", "a=@-"], .unused), (["-X", "@-"], .unused),
    ] as [([String], CurlArguments.Input)])
  func input(arguments: [String], input: CurlArguments.Input) {
    let parsed = CurlArguments(arguments + ["u"])
    #expect(parsed.input == input)
    #expect(parsed.unknown == nil && parsed.readFiles == [])
  }

  @Test(
    "files that are read are known, wherever they are named",
    arguments: [
      ["-d@f"], ["-sSd", "@f"], ["--json", "@f"], ["-T", "f"], ["-sTf"], ["-F", "x=@f"],
      ["-F", "x=<f;type=a/b"],
      ["--data-urlencode", "x@f"], ["--cacert", "f"], ["-H@f"],
    ])
  func files(arguments: [String]) {
    #expect(CurlArguments(arguments + ["u"]).readFiles == ["f"])
    #expect(CurlArguments(["-X", "POST", "u", "--next"] + arguments + ["u"]).readFiles == ["f"])
  }

  @Test(
    "whatever isn't known makes a second run uncertain",
    arguments: [
      ["-K", "f"], ["-Kf"], ["-sKf"], ["--config", "f"], ["--dat", "x"], ["--data=@-"], ["-T", "."],
      ["-T", "{a,b}"],
      ["-C", "-"], ["--no-clobber"], ["-c", "jar"], ["-b", "jar"], ["-n"], ["-u", "me"], ["-w", "@f"],
      ["-w", "%{stderr}x"], ["-F", "f=@a,b"], ["-F", "f=@\"a\""], ["-F", "f=@a;headers=@-"],
      ["-F", "=(;type=x"],
      ["-F", "f"], ["-D", "-"], ["--variable", "x@f"], ["--expand-data", "{{x}}"], ["--libcurl", "f"], ["-"],
      ["--url", "@f"], ["ftp://x"], ["ftp.x"], ["file:///x"], ["-o", "#1"], ["--anyauth"], ["-s:d", "@-"],
      ["--url-query", "+x@f"], ["-d"], [""],
    ])
  func unknown(arguments: [String]) {
    #expect(CurlArguments(["-sS", "http://x", "-m", "5"] + arguments).unknown != nil)
  }

  @Test("a value is never taken for an option, nor an option for a value")
  func values() {
    #expect(CurlArguments(["-d", "-K", "--data-raw", "--next", "-H", "--config", "u"]).unknown == nil)
    let own = CurlArguments(["-d", "--next", "u"]).command(header: 7, answers: nil)
    #expect(own.count { $0 == "@/dev/fd/7" } == 1, "the option of our own isn't put behind a value")
    #expect(CurlArguments(["-s:", "u"]).command(header: 7, answers: nil).count { $0 == "@/dev/fd/7" } == 2)
    #expect(CurlArguments(["u", "--", "-K", "--next"]).unknown == nil, "after -- there are URLs only")
  }

  @Test("the user's own configuration is read unless curl's first argument says otherwise")
  func ownConfiguration() {
    #expect(CurlArguments(["-s", "-q", "u"]).readsOwnConfiguration)
    for first in ["-q", "-qs", "--disable"] {
      let arguments = CurlArguments([first, "u"])
      #expect(!arguments.readsOwnConfiguration)
      #expect(arguments.command(header: 7, answers: nil).prefix(2) == ["curl", "-q"])
    }
  }

  @Test(
    "only where nothing but refusals came is there a second run",
    arguments: [
      ([401], false, true), ([401, 401], true, true), ([100, 401], true, true), ([302, 401], false, true),
      ([302, 401], true, false), ([307, 401], true, true), ([200, 401], false, false),
      ([401, 200], false, false),
      ([403], false, false), ([], false, false), ([500, 401], false, false),
    ] as [([Int], Bool, Bool)])
  func refusals(statuses: [Int], sendsData: Bool, isRefusal: Bool) {
    let text = statuses.map { "HTTP/1.1 \($0) Whatever\r\nDate: HTTP/1.1 200\r\n\r\n" }.joined()
    var heads = AnswerHeads()
    for byte in text.utf8 { heads.add([byte]) }
    #expect(heads.statuses == statuses)
    #expect(heads.isRefusal(sendsData: sendsData) == isRefusal)
    #expect(heads.mayBecomeRefusal(sendsData: sendsData) || !isRefusal)
  }

  @Test("HTTP/2 has no phrase after its status")
  func http2() {
    var heads = AnswerHeads()
    heads.add("HTTP/2 401 \r\nwww-authenticate: JWT\r\n\r\n".utf8)
    #expect(heads.isRefusal(sendsData: true))
  }

  @Test("data makes a redirect something that was done, in whatever way it is written")
  func data() {
    for arguments in [
      ["-dx"], ["--data-raw", "x"], ["--json", "{}"], ["-sXPOST"], ["-sSX", "PUT"], ["-fsd@f"], ["-T", "f"],
    ] { #expect(CurlArguments(arguments + ["u"]).sendsData, "\(arguments)") }
    #expect(!CurlArguments(["-sSL", "-o", "f", "u"]).sendsData)
  }

  @Test("the last answer counts: a refusal among others isn't repeated, but isn't passed over either")
  func partly() {
    #expect(AnswerHeads([200, 401]).endsRefused && !AnswerHeads([200, 401]).isRefusal(sendsData: false))
    #expect(!AnswerHeads([401, 200]).endsRefused && !AnswerHeads([]).endsRefused)
  }
}
