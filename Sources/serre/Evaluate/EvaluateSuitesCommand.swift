import ArgumentParser
import Diagnostics
import Evaluation
import Tables
import TypedYAML

extension EvaluateCommand {
    struct Suites: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Read suites and say what is in them: a check of one's own, or a list of those that come with Serre.",
            discussion: """
                Examples:
                  serre evaluate suites
                  serre evaluate suites my-suite.yaml
                """)
        @Argument(help: ArgumentHelp("Suites (default: all that come with Serre).", valueName: "suite"))
        var names: [String] = []
        @Flag(help: "Print one JSON line per task.")
        var json = false

        func run() throws {
            var table = TextTable(header: ["suite", "task", "kind", "items", "shots", "languages"], numeric: [3, 4])
            for name in names.isEmpty ? SharedFiles().names(in: .suites) : names {
                let suite = try Suite.load(name)
                for task in suite.tasks {
                    if json { try Console.printJSON(Line(suite, task)) }
                    let languages = task.languages
                    table.rows.append([
                        suite.name, task.name, task.kind.rawValue,
                        task.itemCount.map(String.init) ?? "the model's corpus", "\(task.shots)",
                        languages.count > 6 ? "\(languages.count)" : languages.joined(separator: " "),
                    ])
                }
            }
            if !json { table.lines.forEach(Console.print) }
        }

        private struct Line: Encodable {
            var suite, digest, task, kind: String
            var items: Int?
            var shots: Int
            var languages: [String]

            init(_ suite: Suite, _ task: SuiteTask) {
                (self.suite, digest) = (suite.name, suite.digest.description)
                (self.task, kind, items, languages) = (task.name, task.kind.rawValue, task.itemCount, task.languages)
                shots = task.shots
            }
        }
    }
}
