import Diagnostics
import Foundation
import Ledger
import Recipes
import Training

/// What a record says about a run that can be repeated: its recipe, its steps, and where its checkpoints lie.
///
/// ```swift
/// let recorded = try RecordedRun(of: try ledger.find("latest"), in: ledger)
/// recorded.steps[137]?.fingerprint
/// ```
public struct RecordedRun: Sendable {
    public let run: RunID
    public let manifest: RecordManifest
    /// The recipe as resolved when the run began, on the layout that it began with.
    public let recipe: Recipe
    /// The steps on record by number. Where a run was resumed from before its last step, the later line counts.
    public let steps: [Int: RecordedStep]
    /// Digests of the training state after steps, from metrics, checkpoints and the end.
    public let digests: [Int: String]
    /// Held-out bits per byte by step and language.
    public let evaluations: [Int: [String: Double]]
    /// Steps at which a resumed run told something else than before: step and what.
    public let contradictions: [String]
    /// The folder in which the run lay when it was recorded, and the corpus that it read.
    public let recordedFolder: String?
    public let recordedCorpus: String?
    /// The flip that was planted into the run as a rehearsal, if one was.
    public let flip: PlantedFlip?

    /// The first and the last step on record; `nil` when there is none.
    public var range: ClosedRange<Int>? {
        guard let first = steps.keys.min(), let last = steps.keys.max() else { return nil }
        return first...last
    }

    /// Whether the run began from a state that its record does not hold, such as an imported model, and not from the seed.
    public var beginsElsewhere: Bool { manifest.resumedFrom != nil }

    /// Reads the record of `run`; throws when parts of it that a replay needs are missing or unreadable.
    public init(of run: RunID, in ledger: Ledger) throws(Diagnostic) {
        let record = try ledger.read(run)
        self.run = run
        manifest = record.manifest
        guard let yaml = try ledger.file(run, "recipe.yaml") else {
            throw Self.incomplete(run, "recipe.yaml")
        }
        recipe = try Recipe.parse(String(decoding: yaml, as: UTF8.self), file: "\(run):recipe.yaml")
        var reading = Reading(run: run)
        for (number, line) in try ledger.metrics(run).enumerated() { try reading.add(line: line, number + 1) }
        for event in record.events {
            if let step = event.step, let digest = event.digest { reading.add(digest: digest, after: step) }
        }
        var evaluations = [Int: [String: Double]]()
        for file in record.files where file.path.hasPrefix("evaluations/") {
            guard let bytes = try ledger.file(run, file.path) else { continue }
            let evaluation = try Self.decoded(RecordedEvaluation.self, bytes, "\(run):\(file.path)")
            evaluations[evaluation.step] = evaluation.bitsPerByte
        }
        (steps, digests, contradictions) = (reading.steps, reading.digests, reading.contradictions)
        self.evaluations = evaluations
        flip = try ledger.file(run, PlantedFlip.recordPath).map { (bytes) throws(Diagnostic) in
            try Self.decoded(PlantedFlip.self, bytes, "\(run):\(PlantedFlip.recordPath)")
        }
        (recordedFolder, recordedCorpus) = (record.environment?.runFolder, record.environment?.corpus)
    }

    static func decoded<T: Decodable>(
        _ type: T.Type, _ bytes: some Sequence<UInt8>, _ place: String
    ) throws(Diagnostic) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Diagnostic(
                "replay.record", "a file of the record is not what its format says", at: .init(file: place),
                remedy: "serre runs verify says what is damaged", kind: .failure)
        }
    }

    private static func incomplete(_ run: RunID, _ path: String) -> Diagnostic {
        Diagnostic(
            "replay.record", "the record of \(run) has no \(path), so the run cannot be repeated",
            remedy: "serre runs verify says what else is missing", kind: .failure)
    }
}

/// One step as its metrics line tells it.
public struct RecordedStep: Decodable, Sendable, Equatable {
    public var step: Int
    public var samples: Int
    public var fingerprint: String
    public var digest: String?
    /// What the guard did about the step.
    public var action: String?
}

private struct RecordedEvaluation: Decodable {
    var step: Int
    var bitsPerByte: [String: Double]

    enum CodingKeys: String, CodingKey {
        case step
        case bitsPerByte = "bits_per_byte"
    }
}

/// Takes in lines and digests, and notes what contradicts something before it.
private struct Reading {
    let run: RunID
    var steps = [Int: RecordedStep]()
    var digests = [Int: String]()
    var contradictions = [String]()

    init(run: RunID) { self.run = run }

    mutating func add(line: String, _ number: Int) throws(Diagnostic) {
        let step = try RecordedRun.decoded(RecordedStep.self, line.utf8, "\(run):metrics, line \(number)")
        if let before = steps[step.step], before.fingerprint != step.fingerprint {
            contradictions.append(
                "step \(step.step) is on record twice, with fingerprints \(before.fingerprint) and \(step.fingerprint)")
        }
        steps[step.step] = step
        if let digest = step.digest { add(digest: digest, after: step.step) }
    }

    mutating func add(digest: String, after step: Int) {
        if let before = digests[step], before != digest {
            contradictions.append("step \(step) is on record with digests \(before) and \(digest)")
        }
        digests[step] = digest
    }
}
