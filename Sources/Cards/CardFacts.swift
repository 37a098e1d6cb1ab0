import Diagnostics
import Foundation
import Ledger
import Recipes

/// What a record says of a run that its cards tell: nothing here is typed by hand.
public struct CardFacts: Sendable {
    let record: RunRecord
    let recipe: Recipe
    let energy: RunEnergy?
    let languages: [Language]
    let lastStep: Step?
    /// Wall-clock seconds of all steps on record, those done again counted once.
    let stepSeconds: Double
    /// Held-out bits per byte by language after the last evaluation, and the step.
    let evaluation: (step: Int, bitsPerByte: [(language: String, value: Double)])?

    /// A language of the data, with the tokens that there are to train on.
    struct Language: Sendable, Equatable {
        var code: String
        var tokens: Int
        var documents: Int
    }

    /// The last step on record.
    struct Step: Decodable, Sendable {
        var step, samples, tokens: Int
        var loss: Double?
    }

    /// Reads the record of a run. Throws when it or its recipe cannot be read.
    public init(_ run: RunID, from ledger: Ledger) throws(Diagnostic) {
        record = try ledger.read(run)
        guard let yaml = try ledger.file(run, "recipe.yaml") else {
            throw Diagnostic(
                "card.no-recipe", "the run's record has no recipe, so that little can be said of the model",
                at: .init(file: run.text), remedy: "serre runs verify says what else the record lacks")
        }
        recipe = try Recipe.parse(String(decoding: yaml, as: UTF8.self), file: "\(run):recipe.yaml")
        energy = try ledger.energy(run)
        languages = try ledger.file(run, "data/manifest.json").map(Self.languages) ?? []
        (lastStep, stepSeconds) = Self.steps(try ledger.metrics(run))
        evaluation = try Self.evaluation(record, ledger)
    }

    private struct Manifest: Decodable {
        var languages: [Entry]?

        struct Entry: Decodable {
            var code: String
            /// Of a corpus of bytes.
            var tokens, kept: Int?
            /// Of token files.
            var train: Part?
        }

        struct Part: Decodable {
            var documents, tokens: Int?
        }
    }

    private static func languages(_ bytes: [UInt8]) -> [Language] {
        let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes))
        return (manifest?.languages ?? []).map {
            Language(
                code: $0.code, tokens: $0.tokens ?? $0.train?.tokens ?? 0,
                documents: $0.kept ?? $0.train?.documents ?? 0)
        }
    }

    private static func steps(_ lines: [String]) -> (last: Step?, seconds: Double) {
        struct Timed: Decodable {
            var step: Int
            var seconds: Double?
        }
        let decoder = JSONDecoder()
        var seconds: [Int: Double] = [:]
        var last: Step?
        for line in lines {
            let data = Data(line.utf8)
            guard let timed = try? decoder.decode(Timed.self, from: data) else { continue }
            seconds[timed.step] = timed.seconds ?? 0
            if timed.step >= last?.step ?? 0 { last = (try? decoder.decode(Step.self, from: data)) ?? last }
        }
        return (last, seconds.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value })
    }

    private static func evaluation(
        _ record: RunRecord, _ ledger: Ledger
    ) throws(Diagnostic) -> (step: Int, bitsPerByte: [(language: String, value: Double)])? {
        struct Evaluation: Decodable {
            var step: Int
            var bitsPerByte: [String: Double]

            enum CodingKeys: String, CodingKey {
                case step
                case bitsPerByte = "bits_per_byte"
            }
        }
        var last: Evaluation?
        for file in record.files where file.path.hasPrefix("evaluations/") {
            let content = try ledger.file(record.summary.run, file.path) ?? []
            guard let read = try? JSONDecoder().decode(Evaluation.self, from: Data(content)) else { continue }
            if read.step >= last?.step ?? 0 { last = read }
        }
        return last.map { last in
            (last.step, last.bitsPerByte.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
    }

    var manifest: RecordManifest { record.manifest }
    var run: String { record.summary.run.text }

    /// What the arithmetic ran on, as the record says.
    var hardware: String? {
        guard let environment = record.environment else { return nil }
        let processor = environment.processor ?? "an unnamed processor"
        let hosts = Set((environment.processes ?? []).map(\.host)).count
        return "\(CardText.counted(environment.processorsOnline, "core")) of \(processor)"
            + (hosts > 1 ? " on each of \(hosts) machines" : "")
    }
}
