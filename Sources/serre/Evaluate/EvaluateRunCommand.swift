import ArgumentParser
import Diagnostics
import Evaluation
import Foundation
import Integrity

extension EvaluateCommand {
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Examine a model in one or more suites, and record the results with its digest.",
            discussion: """
                Examples:
                  serre evaluate run runs/20260101-120000-demo-0a1b greenhouse
                  serre evaluate runs/20260101-120000-demo-0a1b my-suite.yaml -o results.json
                  serre evaluate models/demo greenhouse --by source

                The likelihoods, their normalisations and the windows are those of lm-evaluation-harness. Intervals are of \
                95 %: Wilson's of shares, a bootstrap over items for the rest. The results are the same bits on every machine, \
                whatever --workers and --batch are. Where the run has a record, they are added to it.
                """)
        @Argument(
            help: ArgumentHelp(
                "A run's folder, its id under runs, or latest; or a Hugging Face folder.", valueName: "model"),
            completion: .directory)
        var place: String
        @Argument(
            help: ArgumentHelp("Suites: YAML files, or names of suites that come with Serre.", valueName: "suite"),
            completion: .file())
        var suites: [String]
        @Option(
            name: [.short, .long],
            help: "Write the results with every item to this JSON file (default: only print them).", completion: .file()
        )
        var output: String?
        @Option(
            help: "Show each task's first figure also by language, by source or by nothing else (none); files have all."
        )
        var by: Grouping = .language
        @Option(help: "Step of the checkpoint (default: the last complete one).")
        var step: Int?
        @Option(
            help: "Corpus or token files that the run learnt from (default: where the run read them).",
            completion: .file())
        var corpus: String?
        @Option(help: "Samples at once; cannot change a bit (default: as many as fit some memory, at most 16).")
        var batch: Int?
        @Option(help: "Seed of the draws of the bootstrap.")
        var seed: UInt64 = 0
        @Flag(help: "Do not add the results to the run's record.")
        var noLedger = false
        @Flag(help: "Print the figures as one JSON object.")
        var json = false
        @OptionGroup var workerArguments: WorkerArguments

        enum Grouping: String, CaseIterable, ExpressibleByArgument { case language, source, none }

        func validate() throws {
            if suites.isEmpty { throw ValidationError("Name at least one suite.") }
            if let batch, batch < 1 { throw ValidationError("--batch must be 1 or more.") }
        }

        func run() throws {
            var read: [Suite] = []
            for name in suites { read.append(try Suite.load(name)) }
            if let twice = read.indices.first(where: { i in read[..<i].contains { $0.name == read[i].name } }) {
                throw Diagnostic(
                    "evaluate.duplicate-suite", "two suites have the same name", at: .init(file: read[twice].path),
                    found: read[twice].name)
            }
            try checkOutput()
            let examined = try ExaminedModel.open(
                place, corpus: corpus, step: step, batch: batch, workers: workerArguments)
            var results: [SuiteResult] = []
            for suite in read {
                results.append(
                    try examined.model.examine(suite, seed: seed) { task in
                        Console.progress("\(suite.name): \(task.name) ...")
                    })
            }
            Console.endProgress()
            let result = EvaluationResult(model: examined.note, suites: results)
            if let output { try AtomicFile.write(try result.json(), to: output) }
            if json {
                try Console.printJSON(EvaluationText.Report(result))
            } else {
                for line in EvaluationText(result, by: by).lines { Console.print(line) }
            }
            warnOfTruncation(result)
            if !noLedger, let run = examined.run { try EvaluationRecord(result).add(to: run) }
        }

        /// Finds out before the work, not after it, that its results cannot be written.
        private func checkOutput() throws(Diagnostic) {
            guard let output else { return }
            let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
            guard exists, isFolder.boolValue, FileManager.default.isWritableFile(atPath: folder) else {
                throw Diagnostic(
                    "evaluate.output", "the results cannot be written here", at: .init(file: output),
                    expected: "a file in a folder that exists and may be written")
            }
        }

        private func warnOfTruncation(_ result: EvaluationResult) {
            for suite in result.suites {
                for task in suite.tasks where task.truncated > 0 {
                    Console.warn(
                        "\(suite.name), \(task.name): \(task.truncated) of \(task.items.count) items are longer than the "
                            + "model's \(result.model.sequenceLength) tokens and lost their beginning")
                }
            }
        }
    }
}
