import ArgumentParser
import Diagnostics
import Estimation
import Recipes

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Compare estimates with training steps that were measured and published.",
        discussion: """
            Example:
              serre validate --family Korthikanti

            Each row is lowered to the programs of the engine that it was measured with and played on the profile of \
            its cluster. Rows that the profiles' constants were fitted to are reported apart from all others.
            """)

    @Option(
        help: "A CSV file of rows with the columns of the shipped ones; may be repeated (default: the shipped rows).",
        completion: .file())
    var rows: [String] = []
    @Option(help: "Only families whose names begin so (default: all).")
    var family: String?
    @Option(help: "Lower every row to this style: serre, megatron, deepspeed or fsdp (default: its own engine's).")
    var style: EngineStyle?
    @OptionGroup var profileSettings: ProfileSettings
    @Option(
        help: "A file with the ids of rows that constants were fitted to, one a line (default: the shipped one).",
        completion: .file())
    var fitRows: String?
    @Flag(help: "Only rows that no constant was fitted to.")
    var heldOut = false
    @Flag(help: "Print a line for each row as well.")
    var each = false
    @Option(
        help: "A table of errors to compare with; the exit status is 1 if one differs (default: none).",
        completion: .file())
    var expected: String?
    @Flag(help: "Write the errors to the file that --expected names.")
    var update = false
    @Option(help: "Threads that share the rows; cannot change an outcome.")
    var workers = 2
    @Flag(help: "Print JSON: a line for each row, then the summary.")
    var json = false

    func validate() throws {
        if workers < 1 { throw ValidationError("--workers must be at least 1.") }
        if update, expected == nil { throw ValidationError("--update needs --expected.") }
    }

    func run() throws {
        PlanningMemory.settle()
        // The table that is kept is read before anything long begins.
        let kept = update ? nil : try expected.map { path throws(Diagnostic) in try ErrorTable(reading: path) }
        let (chosen, others) = try readRows()
        let fitted = try MeasuredRow.ids(
            in: try fitRows ?? MeasuredRow.fittedFile(), among: chosen + others)
        let used = try selected(chosen).filter { !heldOut || !fitted.contains($0.id) }
        let options = Validation.Options(
            style: style, profileOverrides: profileSettings.settings, fitted: fitted, workers: workers)
        let count = used.count
        let validation = try Validation(of: used, among: others, options) { done in
            Console.progress("\(done) of \(count) rows")
        }
        Console.endProgress()
        try print(validation, fitted: used.count { fitted.contains($0.id) })
        if let expected { try compare(validation, path: expected, kept: kept) }
    }

    /// The rows to use, and others whose sources may say what those leave out.
    private func readRows() throws(Diagnostic) -> (chosen: [MeasuredRow], others: [MeasuredRow]) {
        guard !rows.isEmpty else { return (try MeasuredRow.shipped(), []) }
        var chosen: [MeasuredRow] = []
        for path in rows {
            let file = try MeasuredRow.read(path)
            guard !file.rows.isEmpty else {
                throw Diagnostic("rows.none", "the table has no rows", at: .init(file: path))
            }
            chosen += file.rows
            if !file.unknownColumns.isEmpty {
                Console.warn("\(path): columns not used: \(file.unknownColumns.joined(separator: ", "))")
            }
        }
        return (chosen, try MeasuredRow.shipped())
    }

    private func selected(_ rows: [MeasuredRow]) throws(Diagnostic) -> [MeasuredRow] {
        guard let family else { return rows }
        let chosen = rows.filter { $0.family.lowercased().hasPrefix(family.lowercased()) }
        guard chosen.isEmpty else { return chosen }
        let known = Validation.families(of: rows)
        throw Diagnostic(
            "rows.unknown-family", "no row is of such a family", at: .init(key: "--family"),
            expected: "the beginning of one of " + known.joined(separator: ", "), found: "\"\(family)\"")
    }

    private func print(_ validation: Validation, fitted: Int) throws(Diagnostic) {
        if json {
            for outcome in validation.outcomes { try Console.printJSON(outcome) }
            return try Console.printJSON(Summary(validation))
        }
        let count = validation.outcomes.count
        Console.print(
            "\(grouped(count)) row\(count == 1 ? "" : "s"); constants of the profiles were fitted to \(fitted == 0 ? "none" : grouped(fitted)) "
                + "of them")
        Console.print("")
        validation.lines.forEach(Console.print)
        guard each else { return }
        Console.print("")
        validation.rowLines.forEach(Console.print)
    }

    private func compare(_ validation: Validation, path: String, kept: ErrorTable?) throws {
        let now = ErrorTable(validation)
        guard let kept else {
            try now.write(path)
            return Console.note("\(path): written")
        }
        let differences = now.differences(from: kept)
        guard !differences.isEmpty else { return Console.note("\(path): no error differs") }
        for difference in differences { Console.warn("\(path): \(difference)") }
        Console.note("If that is meant, pass --update.")
        throw ExitCode(1)
    }

    /// The last line: each family's errors by its name, and those of all rows under `all`.
    private struct Summary: Encodable {
        var summary: [String: FamilySummary]

        init(_ validation: Validation) {
            summary = ["all": validation.total]
            for family in validation.families { summary[family.family] = family }
        }
    }
}
