import ArgumentParser
import Diagnostics
import Numerics
import Recipes
import Tables

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Kernels, training and generation speed, memory, hosting and recording on this machine, as ratios measured side by side.",
        discussion: """
            Example:
              serre bench --section products --section training --model medium

            Figures are medians of turns that alternate, so other users of the machine slow both sides alike; a line \
            says when others used so much of it that the figures are worthless.

            Models (layers, width, vocabulary, sequence, batch): small is 4, 128, 4,096, 128, 8; medium 8, 512, 16,384, \
            256, 4; large 12, 768, 32,000, 512, 2.
            """)

    enum Section: String, ExpressibleByArgument, CaseIterable {
        /// Matrix products beside OpenBLAS's.
        case products
        /// Where the time of a step goes, operation by operation.
        case operations
        /// Tokens per second beside a peer's, or with OpenBLAS's products.
        case training
        /// Tokens per second of generation with kept keys and values beside passes over whole sequences.
        case generation
        /// Peak memory of a step beside the planner's figure and a peer's.
        case memory
        /// Many ranks in one process beside one rank; two workers beside one.
        case hosting
        /// What recording a run in git takes, per step and per 1,000 steps.
        case record
        /// Stages of cleaning, and of the deduplication after it.
        case cleaning
        /// Stages of deduplication; MinHash and SimHash beside a peer.
        case nearDuplicates = "near-duplicates"
    }

    @Option(
        help: """
            What to measure: products, operations, training, generation, memory, hosting, record, cleaning or \
            near-duplicates; may be repeated.
            """)
    var section: [Section] = [.products, .training]
    @Option(help: "Which model: small, medium or large; may be repeated.")
    var model: [BenchModel] = [.medium]
    @Option(help: "Turns of each side.")
    var repeats = 9
    @Option(help: "Threads for training steps.")
    var workers = 2
    @Option(
        help: """
            A program to train beside, which speaks the lines of scripts/bench_peer.py; the model is appended. (default: \
            OpenBLAS's products)
            """)
    var peer: String?
    @Option(
        help: "A file of texts separated by NUL bytes: for near-duplicates and cleaning (default: short stories).",
        completion: .file())
    var texts: String?
    @Option(help: "Words per feature, bands, rows and threshold: with --json, near-duplicates are printed too.")
    var minhash: String = "5,21,6,0.7"
    @Option(
        help: """
            Words or characters, how many per feature, bits that may differ, and blocks: with --json, what SimHash finds is \
            printed, and every fingerprint; a corpus is built with words,6,4,6. (default: what MinHash finds is printed)
            """)
    var simhash: String?
    @Flag(help: "Print one JSON line per measurement.")
    var json = false

    func validate() throws {
        if repeats < 1 || workers < 1 { throw ValidationError("Counts must be 1 or more.") }
    }

    func run() throws {
        let report = BenchReport(json: json)
        for section in Section.allCases where self.section.contains(section) {
            switch section {
            case .products: try ProductSection(models: model, repeats: repeats).run(report)
            case .operations:
                for model in model { try OperationSection(model: model, workers: workers, steps: repeats).run(report) }
            case .training:
                for model in model {
                    try TrainingSection(model: model, workers: workers, repeats: repeats, peer: peer).run(report)
                }
            case .generation:
                for model in model {
                    try GenerationSection(model: model, workers: workers, repeats: repeats).run(report)
                }
            case .memory:
                for model in model { try MemorySection(model: model, workers: workers, peer: peer).run(report) }
            case .hosting: try HostingSection(repeats: repeats).run(report)
            case .record: try RecordSection(repeats: repeats).run(report)
            case .cleaning: try CleaningSection(texts: texts, repeats: repeats).run(report)
            case .nearDuplicates:
                guard let texts else { throw ValidationError("The section near-duplicates wants --texts.") }
                let setting =
                    try simhash.map { text throws(Diagnostic) in try NearDuplicateSetting(simhash: text) }
                    ?? NearDuplicateSetting(minhash: minhash)
                try NearDuplicateSection(texts: texts, setting: setting, repeats: repeats, peer: peer).run(report)
            }
        }
    }
}

/// Prints measurements: tables for people, or a line of JSON each.
struct BenchReport {
    let json: Bool

    /// A heading for people.
    func heading(_ text: String) {
        if !json { Console.print(text) }
    }

    /// A table for people, or a line per measurement.
    func show(_ table: TextTable, _ measurements: [some Encodable]) throws(Diagnostic) {
        if json {
            for measurement in measurements { try Console.printJSON(measurement) }
        } else {
            table.lines.forEach { Console.print("  " + $0) }
            Console.print("")
        }
    }

    /// Says whether others used so much of the machine that timings mean nothing.
    func remark(othersShare share: Double) {
        guard share > MachineLoad.tolerableShare else { return }
        Console.warn(
            "others used \(fixed(100 * share, 0)) % of the processors while this was measured: the figures above are "
                + "worthless; run it again on an idle machine")
    }
}
