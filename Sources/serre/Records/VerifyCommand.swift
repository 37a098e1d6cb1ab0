import ArgumentParser
import Corpora
import Diagnostics
import Foundation
import Ledger
import Storage

extension RunsCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a record is whole, and that what it names is at hand and unaltered.",
            discussion: """
                Examples:
                  serre runs verify latest
                  serre runs verify latest --level record --json
                  serre runs verify latest --level run

                Levels, each with those before it: record (every object from the reference down, the chain, what its files \
                say of each other), inputs (recipe, corpus and checkpoints, each chunk of them), steps (those after the last \
                checkpoint are done again and compared bit by bit), run (every step is, from the beginning). Exit status 1 when anything is missing or altered. A record without \
                signatures can be replaced as a whole: what is intact is not thereby honest.
                """)

        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var id = "latest"
        @Option(help: "How much to check: record, inputs, steps or run.")
        var level = VerificationLevel.inputs
        @Option(
            help: "A PEM file of root certificates that timestamps must be signed under (default: not checked).",
            completion: .file())
        var authorities: String?
        @OptionGroup var places: ReplayPlaces
        @OptionGroup var workerArguments: WorkerArguments
        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let ledger = try places.place.open()
            let run = try ledger.named(id)
            var report = try ledger.verifyRecord(run)
            if level != .record, report.areObjectsWhole { report = try verifyInputs(run, ledger) }
            // Timestamps are files of the record: what cannot be read has been named.
            if report.isIntact { try ledger.verifyTimestamps(run, authorities: authorities, into: &report) }
            // What is damaged already cannot be repeated from.
            if level == .steps || level == .run, report.isIntact {
                try StepsVerification(run: run, ledger: ledger, places: places, workers: workerArguments)
                    .check(whole: level == .run, &report)
            }
            if json {
                try Console.printJSON(VerificationLine(report))
            } else {
                VerificationText(report).lines.forEach(Console.print)
            }
            if !report.isIntact { throw ExitCode(1) }
        }

        private func verifyInputs(_ run: RunID, _ ledger: Ledger) throws(Diagnostic) -> VerificationReport {
            var inputs = RunInputs(folder: nil, serre: try SerreIdentity.current())
            // Of a damaged record not all may be known; the report says what is wrong with it.
            if let files = try? RunFiles(run, ledger) {
                let folder = try files.folder(named: places.runFolder)
                (inputs.folder, inputs.foldersTried) = (folder.found, folder.tried)
                if let place = try files.corpusPlace(named: places.corpus, folder: folder.found) {
                    inputs.corpus = try files.corpusFiles(place)
                }
            }
            defer { Console.endProgress() }
            return try ledger.verifyInputs(run, inputs) { Console.progress("checking \($0)") }
        }
    }
}

extension VerificationLevel: ExpressibleByArgument {}

extension Ledger {
    /// The run that a user names. A whole id is taken as it is: the reference of a damaged record may not be listed.
    func named(_ text: String) throws(Diagnostic) -> RunID {
        if let run = RunID(text) { return run }
        return try find(text)
    }
}

/// The one object of `runs verify --json`.
struct VerificationLine: Encodable {
    var run, level: String
    var intact: Bool
    var problems: [VerificationProblem]
    var checked: [String: Int]
    var remarks: [String]

    init(_ report: VerificationReport) {
        (run, level, intact) = (report.run, report.level.rawValue, report.isIntact)
        (problems, remarks) = (report.problems, report.remarks)
        checked = Dictionary(report.checked.map { ($0.what, $0.count) }, uniquingKeysWith: +)
    }
}

/// A verification as people read it.
struct VerificationText {
    private let report: VerificationReport

    init(_ report: VerificationReport) { self.report = report }

    var lines: [String] {
        let checked = report.checked.map { "\($0.count) \($0.count == 1 ? Self.one($0.what) : $0.what)" }
        var lines = [
            "run      \(report.run)", "level    \(report.level.rawValue)",
            "checked  \(checked.joined(separator: ", "))",
        ]
        lines += report.remarks.map { "remark   \($0)" }
        guard !report.isIntact else { return lines + ["intact   yes"] }
        lines.append("intact   no: \(report.problems.count) problem\(report.problems.count == 1 ? "" : "s")")
        for problem in report.problems {
            let remedy = problem.remedy.map { "; \($0)" } ?? ""
            lines.append("  \(problem.object): expected \(problem.expected), found \(problem.found)\(remedy)")
        }
        return lines
    }

    private static func one(_ plural: String) -> String { String(plural.dropLast()) }
}
