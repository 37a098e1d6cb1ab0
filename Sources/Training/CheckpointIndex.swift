import Diagnostics
import Foundation
import Integrity

/// What a checkpoint holds and where: `index.json`, written last, so that a folder with one is complete.
///
/// Tensors are kept in pieces: the elements [begin, begin + count) of a parameter's row-major tensor (or of one of its
/// moments), as the ranks of the writing layout owned them. Any layout can read them.
public struct CheckpointIndex: Codable, Sendable, Equatable {
    public var format = Self.currentFormat
    public var step: Int
    public var samples: Int
    public var recipeName: String
    /// Digest of what decides the result (`Recipe/resultDigest`), and the layout that wrote the checkpoint.
    public var recipeDigest: String
    public var layout: String
    public var numerics: String
    public var stateDigest: String
    /// What the guard remembers, where the recipe has one.
    public var guardHistory: GuardHistory?
    /// Whether the run began from its recipe's seed, so that the state of step 0 can be had without a checkpoint; said only
    /// where the run may have to roll back.
    public var beganFromSeed: Bool?
    public var parameters: [Parameter]
    public var files: [File]

    public static let currentFormat = "serre-checkpoint-1"

    // Written out: a strategy that converts every key takes as long as all the rest of a small save.
    private enum CodingKeys: String, CodingKey {
        case format, step, samples, layout, numerics, parameters, files
        case recipeName = "recipe_name"
        case recipeDigest = "recipe_digest"
        case stateDigest = "state_digest"
        case guardHistory = "guard_history"
        case beganFromSeed = "began_from_seed"
    }

    public struct Parameter: Codable, Sendable, Equatable {
        public var name: String
        public var rows: Int
        public var columns: Int
    }

    public struct File: Codable, Sendable, Equatable {
        public var name: String
        public var bytes: Int
        public var sha256: String
        /// The size of the chunks that the file's parts can be checked by, and their leaves as hexadecimal digits
        /// (``/Integrity/ChunkedDigest``); `nil` for a file of one chunk, and in checkpoints of older versions.
        public var chunkBytes: Int?
        public var chunks: [String]?
        public var pieces: [Piece]

        private enum CodingKeys: String, CodingKey {
            case name, bytes, sha256, chunks, pieces
            case chunkBytes = "chunk_bytes"
        }

        /// The digests of the file's chunks; `nil` where the index has none that fit the file's length.
        public var chunkedDigest: ChunkedDigest? {
            guard let chunkBytes, let chunks else { return nil }
            let leaves = chunks.compactMap { Digest($0) }
            guard leaves.count == chunks.count else { return nil }
            return ChunkedDigest(bytes: bytes, chunkBytes: chunkBytes, leaves: leaves)
        }
    }

    public struct Piece: Codable, Sendable, Equatable {
        public var parameter: String
        /// `parameter`, `first_moment` or `second_moment`.
        public var tensor: String
        public var begin: Int
        public var count: Int

        /// The piece's name in its safetensors file.
        public var key: String { "\(tensor)/\(parameter)@\(begin)" }
    }

    /// Reads the index of a checkpoint and checks the format of `folder`/index.json.
    public static func read(
        _ folder: String, on disk: any FileSystem = SystemFiles()
    ) throws(Diagnostic) -> CheckpointIndex {
        let path = folder + "/index.json"
        guard let data = disk.contents(of: path).map({ Data($0) }) else {
            throw Diagnostic(
                "checkpoint.missing", "there is no complete checkpoint here", at: .init(file: folder),
                expected: "a folder with index.json", remedy: "name the folder of a run or of one of its checkpoints")
        }
        let index: CheckpointIndex
        do {
            index = try JSONDecoder().decode(CheckpointIndex.self, from: data)
        } catch {
            throw Diagnostic(
                "checkpoint.index", "the checkpoint's index is damaged", at: .init(file: path),
                remedy: "resume from an earlier checkpoint")
        }
        guard index.format == currentFormat else {
            throw Diagnostic(
                "checkpoint.format", "this version of Serre does not read this format", at: .init(file: path),
                expected: currentFormat, found: index.format)
        }
        return index
    }
}
