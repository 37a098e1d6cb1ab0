import ArgumentParser
import Diagnostics
import Foundation
import Ledger
import Tables

extension RunsCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the recorded runs, oldest first.",
            discussion: """
                Examples:
                  serre runs list --limit 10
                  serre runs list --state running --state interrupted

                The digest is that of the training state after the last step: equal digests mean equal weights.
                """)
        @Option(help: "Only runs in this state; may be given more than once (default: all).")
        var state: [RunState] = []
        @Option(help: "Only runs of the recipe of this name (default: all).")
        var recipe: String?
        @Option(help: "At most this many, the newest that match (default: all).")
        var limit: Int?
        @OptionGroup var place: LedgerPlace
        @Flag(help: "Print one JSON line per run.")
        var json = false

        func validate() throws {
            if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more.") }
        }

        func run() throws {
            let filter = RunFilter(states: state.isEmpty ? nil : state, recipe: recipe, limit: limit)
            let runs = try place.open().runs(filter)
            if json {
                let lines = try runs.map { run throws(Diagnostic) in try Console.json(RunLine(run)) }
                if !lines.isEmpty { Console.print(lines.joined(separator: "\n")) }
                return
            }
            guard !runs.isEmpty else {
                return Console.note(
                    filter == RunFilter()
                        ? "No run is recorded here yet: serre train makes one." : "No recorded run matches.")
            }
            Console.print(RunTable(runs).lines.joined(separator: "\n"))
        }
    }
}

extension RunState: ExpressibleByArgument {}

/// Recorded runs in columns, at most 100 characters wide.
struct RunTable {
    let lines: [String]

    init(_ runs: [RunSummary]) {
        var table = TextTable(header: ["run", "started (UTC)", "state", "recipe", "steps", "digest"], numeric: [4])
        let longest = runs.reduce(0) { max($0, $1.run.text.utf8.count) }
        let room = Self.charactersMax - Self.otherCharacters - longest
        for run in runs {
            table.rows.append([
                run.run.text, run.run.startedMinute, run.state.rawValue, Self.cut(run.recipe, to: max(6, room)),
                "\(run.steps)" + (run.stepsPlanned.map { " of \($0)" } ?? ""),
                run.shortDigest ?? "-",
            ])
        }
        lines = table.lines
    }

    private static let charactersMax = 100
    /// The columns beside run and recipe with the spaces before them: 16, 11, 14 and 12 characters.
    private static let otherCharacters = 18 + 13 + 2 + 16 + 14

    private static func cut(_ text: String, to width: Int) -> String {
        text.utf8.count <= width || text.count <= width ? text : text.prefix(width - 1) + "…"
    }
}

/// A line of `runs list --json`.
struct RunLine: Encodable {
    var run, state, recipe: String
    var steps: Int
    var stepsPlanned: Int?
    var stateDigest: String?

    init(_ run: RunSummary) {
        (self.run, state, recipe) = (run.run.text, run.state.rawValue, run.recipe)
        (steps, stepsPlanned, stateDigest) = (run.steps, run.stepsPlanned, run.digest)
    }

    enum CodingKeys: String, CodingKey {
        case run, state, recipe, steps
        case stepsPlanned = "steps_planned"
        case stateDigest = "state_digest"
    }
}
