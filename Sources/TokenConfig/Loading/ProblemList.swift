/// The problems of one section of a file. Some checks come only when all of the file is known; their problems stand with
/// those of the section that they belong to.
final class ProblemList {
  private enum Entry {
    case problem(ConfigurationProblem)
    case section(ProblemList)
  }

  private let file: String
  private var entries: [Entry] = []

  init(file: String) {
    self.file = file
  }

  func add(_ place: String?, _ text: String) {
    entries.append(.problem(ConfigurationProblem(file: file, place: place, text: text)))
  }

  /// A list whose problems stand at this place, however late they come.
  func section() -> ProblemList {
    let section = ProblemList(file: file)
    entries.append(.section(section))
    return section
  }

  /// In the order of the file's sections, then as they were found.
  var all: [ConfigurationProblem] {
    entries.flatMap { entry in
      switch entry {
      case .problem(let problem): [problem]
      case .section(let section): section.all
      }
    }
  }
}
