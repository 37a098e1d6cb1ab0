import Cleaning
import Deduplication
import Diagnostics
import Foundation
import Numerics
import Tables
import Tokenizers
import TypedYAML

/// How fast documents go through the cleaning stages and are then deduplicated, per thread: all of it, and each stage.
struct CleaningSection {
    /// A file of texts separated by NUL bytes; `nil` for the stories that come with Serre, those of a language together.
    let texts: String?
    let repeats: Int

    /// Bytes in a turn: the documents come again until there are so many.
    private static let turnBytes = 2_000_000

    func run(_ report: BenchReport) throws {
        let documents = try documents()
        let bytes = documents.reduce(0) { $0 + $1.text.count }
        guard bytes > 0 else { throw Diagnostic("bench.texts", "there are no texts", at: .init(file: texts)) }
        let rounds = max(1, (Self.turnBytes + bytes - 1) / bytes)
        let scratch = CleaningScratch()
        var times = StageTimes()
        for _ in 0..<repeats {
            times.beginTurn()
            for _ in 0..<rounds {
                let cleaned = documents.map { clean($0, scratch) { times.spent($1, in: .cleaning, stage: $0) } }
                for (stage, work) in try NearDuplicateSection.stages(cleaned)
                where NearDuplicateSection.ofCorpus.contains(stage) {
                    let begin = threadSeconds()
                    work()
                    times.spent(threadSeconds() - begin, in: .deduplication, stage: stage)
                }
            }
        }
        report.heading("cleaning and deduplication of \(documents.count) texts, \(bytes) bytes, one thread")
        let all = times.seconds { _ in true }
        var lines = [line("all", bytes * rounds, all, of: all)]
        for part in StageTimes.Part.allCases {
            lines.append(line(part.rawValue, bytes * rounds, times.seconds { $0.part == part }, of: all))
        }
        for stage in times.stages {
            lines.append(line("  " + stage.name, bytes * rounds, times.seconds { $0 == stage }, of: all))
        }
        var table = TextTable(header: ["stage", "MB/s", "of the time"], numeric: [1, 2])
        table.rows = lines.map {
            [$0.stage, fixed($0.megabytesPerSecond, 1), fixed(100 * $0.share, 1) + " %"]
        }
        lines = lines.map {
            Line(
                stage: String($0.stage.trimmingPrefix("  ")), megabytesPerSecond: $0.megabytesPerSecond, share: $0.share
            )
        }
        try report.show(table, lines)
    }

    /// Seconds of each stage in each turn.
    private struct StageTimes {
        enum Part: String, CaseIterable { case cleaning, deduplication }
        struct Stage: Equatable {
            var part: Part
            var name: String
        }
        /// In the order in which they came first.
        private(set) var stages = [Stage]()
        private var turns = [[Double]]()

        mutating func beginTurn() { turns.append([]) }

        mutating func spent(_ seconds: Double, in part: Part, stage name: String) {
            let stage = Stage(part: part, name: name)
            let place = stages.firstIndex(of: stage) ?? stages.count
            if place == stages.count { stages.append(stage) }
            let turn = turns.count - 1
            while turns[turn].count <= place { turns[turn].append(0) }
            turns[turn][place] += seconds
        }

        /// The median over turns of what some stages take together.
        func seconds(_ isWanted: (Stage) -> Bool) -> Double {
            median(turns.map { turn in zip(stages, turn).reduce(0) { isWanted($1.0) ? $0 + $1.1 : $0 } })
        }
    }

    private struct Document {
        var text: [UInt8]
        var stages: [any CleaningStage]
    }

    /// Sends a document through its stages, and tells how long each took; what drops it doesn't end its way.
    private func clean(
        _ document: Document, _ scratch: CleaningScratch, _ spent: (String, Double) -> Void
    ) -> [UInt8] {
        var text = document.text
        scratch.forgetText()
        for stage in document.stages {
            let begin = threadSeconds()
            let outcome = stage.apply(to: &text, using: scratch)
            spent(stage.name, threadSeconds() - begin)
            if case .changed = outcome { scratch.forgetText() }
        }
        return text
    }

    private func documents() throws(Diagnostic) -> [Document] {
        var found = [(language: String, text: [UInt8])]()
        if let texts {
            guard let data = FileManager.default.contents(atPath: texts) else {
                throw Diagnostic("bench.texts", "the file of texts cannot be read", at: .init(file: texts))
            }
            let identifier = try LanguageIdentifier.shipped()
            for text in [UInt8](data).split(separator: 0).map(Array.init) {
                found.append((identifier.identify(text).language ?? "und", text))
            }
        } else if let stories = SharedFiles().folder(of: .corpus) {
            try TextSource(stories).visit { text in
                if found.last?.language == text.language {
                    found[found.count - 1].text += [0x0A] + text.bytes
                } else {
                    found.append((text.language, text.bytes))
                }
            }
        }
        var stages = [String: [any CleaningStage]]()
        var documents = [Document]()
        for (language, text) in found {
            if stages[language] == nil {
                let resources = try CleaningResources.shipped(for: language)
                stages[language] = CleaningPipeline.text(language: language, resources: resources).stages
            }
            documents.append(Document(text: text, stages: stages[language] ?? []))
        }
        return documents
    }

    private func line(_ stage: String, _ bytes: Int, _ seconds: Double, of all: Double) -> Line {
        Line(stage: stage, megabytesPerSecond: Double(bytes) / max(seconds, 1e-9) / 1e6, share: seconds / all)
    }

    private struct Line: Encodable {
        var stage: String
        var megabytesPerSecond: Double
        /// Of the time that all stages take.
        var share: Double

        enum CodingKeys: String, CodingKey {
            case stage, share
            case megabytesPerSecond = "megabytes_per_second"
        }
    }
}
