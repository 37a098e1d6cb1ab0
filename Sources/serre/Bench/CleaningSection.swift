import Cleaning
import Diagnostics
import Foundation
import Numerics
import Tables
import Tokenizers
import TypedYAML

/// How fast documents go through the cleaning stages, per thread: all of them, and each.
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
        var names = [String]()
        var seconds = [[Double]]()
        for _ in 0..<repeats {
            var turn = [Double](repeating: 0, count: names.count)
            for _ in 0..<rounds {
                for document in documents {
                    clean(document, scratch) { stage, spent in
                        let place = names.firstIndex(of: stage) ?? names.count
                        if place == names.count {
                            names.append(stage)
                            turn.append(0)
                        }
                        turn[place] += spent
                    }
                }
            }
            seconds.append(turn)
        }
        let all = median(seconds.map { $0.reduce(0, +) })
        var lines = [line("all stages", bytes * rounds, all, of: all)]
        for place in names.indices {
            lines.append(line(names[place], bytes * rounds, median(seconds.map { $0[place] }), of: all))
        }
        report.heading("cleaning of \(documents.count) texts, \(bytes) bytes, one thread")
        var table = TextTable(header: ["stage", "MB/s", "of the time"], numeric: [1, 2])
        table.rows = lines.map {
            [$0.stage, fixed($0.megabytesPerSecond, 1), fixed(100 * $0.share, 1) + " %"]
        }
        try report.show(table, lines)
    }

    private struct Document {
        var text: [UInt8]
        var stages: [any CleaningStage]
    }

    /// Sends a document through its stages, and tells how long each took; what drops it doesn't end its way.
    private func clean(_ document: Document, _ scratch: CleaningScratch, _ spent: (String, Double) -> Void) {
        var text = document.text
        scratch.forgetText()
        for stage in document.stages {
            let begin = threadSeconds()
            let outcome = stage.apply(to: &text, using: scratch)
            spent(stage.name, threadSeconds() - begin)
            if case .changed = outcome { scratch.forgetText() }
        }
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
        var documents = [Document]()
        for (language, text) in found {
            let resources = try CleaningResources.shipped(for: language)
            documents.append(
                Document(text: text, stages: CleaningPipeline.text(language: language, resources: resources).stages))
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
