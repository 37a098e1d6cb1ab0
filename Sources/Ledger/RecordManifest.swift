import Diagnostics
import Foundation

/// What a run is, as `record.json` of its record says it: recipe, Serre, numerics, data, layout.
///
/// ```swift
/// let run = RunID(recipe: "nano", startedAt: now)
/// var manifest = RecordManifest(run: run, recipe: "nano", serre: .init(version: "0.1.0"))
/// manifest.numerics = "exact-1"
/// manifest.layout = ["tensor": 2, "pipeline": 2, "data": 1]
/// ```
/// Keys that a reader does not know are ignored, and missing ones read as `nil`, so old and new records stay readable.
public struct RecordManifest: Codable, Sendable, Equatable {
    /// The record format, ``RecordFormat/version`` when written by this module.
    public var format = RecordFormat.version
    /// The run id; set by ``Ledger/begin(_:files:snapshot:limits:message:at:)`` if the one proposed was taken.
    public var run: String
    /// The recipe's name as the user gave it.
    public var recipe: String
    /// The start in UTC, as `2026-11-23T21:45:01Z`.
    public var started: String
    public var serre: Serre
    /// The numerics contract, such as `exact-1`.
    public var numerics: String?
    /// The digest of the resolved recipe.
    public var recipeDigest: String?
    /// The digest of the part of the recipe that decides the result, as the run's checkpoints hold it.
    public var resultDigest: String?
    /// The digest of the cluster profile, when the run was simulated on one.
    public var profileDigest: String?
    /// The digest of the data manifest.
    public var dataDigest: String?
    /// How many steps the recipe asks for.
    public var stepsPlanned: Int?
    /// The degrees of the layout: `tensor`, `pipeline`, `data`, ….
    public var layout: [String: Int]?
    /// The pipeline's schedule, such as `1f1b`.
    public var schedule: String?
    /// What backward passes compute again, such as `none`.
    public var recompute: String?
    /// How many processes shared the run.
    public var hosts: Int?
    /// The run that this one continues, if it does.
    public var resumedFrom: String?
    /// The scenario whose faults the run lived through on a simulated cluster, if it was such a rehearsal.
    public var scenario: String?

    /// The Serre that ran.
    public struct Serre: Codable, Sendable, Equatable {
        public var version: String
        /// The commit of Serre's own source, if known.
        public var sourceCommit: String?
        /// Whether that source had changes that were not committed, if known.
        public var sourceDirty: Bool?
        /// The digest of the executable, if it was taken.
        public var executableDigest: String?

        public init(
            version: String, sourceCommit: String? = nil, sourceDirty: Bool? = nil, executableDigest: String? = nil
        ) {
            self.version = version
            self.sourceCommit = sourceCommit
            self.sourceDirty = sourceDirty
            self.executableDigest = executableDigest
        }

        private enum CodingKeys: String, CodingKey {
            case version
            case sourceCommit = "source_commit"
            case sourceDirty = "source_dirty"
            case executableDigest = "executable_digest"
        }
    }

    /// A manifest with the required facts; the others are set afterwards.
    public init(run: RunID, recipe: String, serre: Serre) {
        self.run = run.text
        self.recipe = recipe
        self.serre = serre
        let stamp = Array(run.text)
        let day = "\(String(stamp[0..<4]))-\(String(stamp[4..<6]))-\(String(stamp[6..<8]))"
        started = "\(day)T\(String(stamp[9..<11])):\(String(stamp[11..<13])):\(String(stamp[13..<15]))Z"
    }

    private enum CodingKeys: String, CodingKey {
        case format, run, recipe, started, serre, numerics
        case recipeDigest = "recipe_digest"
        case resultDigest = "result_digest"
        case profileDigest = "profile_digest"
        case dataDigest = "data_digest"
        case stepsPlanned = "steps_planned"
        case layout, schedule, recompute, hosts, scenario
        case resumedFrom = "resumed_from"
    }
}

/// The JSON files of a record: keys sorted, one per line, UTF-8, a line break at the end.
enum RecordJSON {
    static func encode(_ value: some Encodable) throws(Diagnostic) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value)) + [10]
        } catch {
            throw Diagnostic("ledger.encode", "a record file cannot be written as JSON: \(error)", kind: .failure)
        }
    }

    static func decode<T: Decodable>(_: T.Type, from bytes: [UInt8], path: String) throws(Diagnostic) -> T {
        do {
            return try JSONDecoder().decode(T.self, from: Data(bytes))
        } catch {
            throw Diagnostic(
                "ledger.decode", "a record file is not what its format says: \(error)", at: .init(file: path),
                kind: .failure)
        }
    }
}
