/// Gathers the problems of one file while its sections are read.
final class ProblemList {
  let file: String
  /// Which part of the file is being read. Some checks come after all parts are known; their problems are
  /// still told with the part that they belong to.
  var chapter = 0
  private var entries: [(chapter: Int, problem: ConfigurationProblem)] = []

  init(file: String) {
    self.file = file
  }

  func add(_ place: String?, _ text: String) {
    entries.append((chapter, ConfigurationProblem(file: file, place: place, text: text)))
  }

  /// By chapter, then as they were found.
  var all: [ConfigurationProblem] {
    entries.enumerated()
      .sorted { ($0.element.chapter, $0.offset) < ($1.element.chapter, $1.offset) }
      .map(\.element.problem)
  }
}
