import Foundation
import Testing

@Suite("The daemon's decisions are pure")
struct ImportTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("DaemonCore imports TokenCore and nothing else")
  func imports() throws {
    let folder = Self.root.appending(path: "Sources/DaemonCore")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "swift" }
    #expect(files.count > 10)
    for file in files {
      let text = try String(contentsOf: file, encoding: .utf8)
      for line in text.split(whereSeparator: \.isNewline) {
        let words = line.split(separator: " ")
        guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy({ $0.first != "/" })
        else { continue }
        #expect(words[keyword + 1] == "TokenCore", "\(file.lastPathComponent): \(line)")
      }
    }
  }

  @Test("DaemonCore depends on TokenCore and nothing else")
  func dependencies() throws {
    let text = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    #expect(
      text.contains(#".target(name: "DaemonCore", dependencies: ["TokenCore"], swiftSettings: settings)"#))
    #expect(text.contains(#".target(name: "TokenCore", swiftSettings: settings)"#))
  }
}
