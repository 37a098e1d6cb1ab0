import Diagnostics
import Foundation
import Integrity
import Storage

/// What a record keeps of a checkpoint, as `checkpoints/<step>.json`: enough to recognise its files and parts of them.
///
/// Beside it, `checkpoints/step-<step>/<file>` is a Git LFS pointer for each of the files. The leaves that a file's
/// ``File/chunkRoot`` stands for are in the checkpoint's own `index.json`, which is among the files.
public struct CheckpointNote: Codable, Sendable, Equatable {
    /// The checkpoint's folder, as the run named it; `nil` in records of older versions.
    public var folder: String?
    public var step: Int
    /// Samples that training had consumed.
    public var samples: Int
    public var stateDigest: String
    /// The files of the checkpoint, in the order of its index.
    public var files: [File]
    /// The checkpoint's `index.json`; `nil` in records of older versions.
    public var index: File?
    /// Wall-clock seconds of the save, and those in which training waited; `nil` in records of older versions.
    public var seconds: Double?
    public var blockedSeconds: Double?

    /// A file of a checkpoint.
    public struct File: Codable, Sendable, Equatable {
        public var name: String
        public var bytes: Int
        /// The SHA-256 of the file, as `sha256:…`.
        public var sha256: String
        /// The size of the file's chunks in bytes, and the Merkle root of their digests, as `sha256:…`
        /// (``/Integrity/ChunkedDigest``); `nil` for a file of one chunk, and in records of older versions.
        public var chunkBytes: Int?
        public var chunkRoot: String?

        public init(name: String, bytes: Int, sha256: String, chunks: ChunkedDigest? = nil) {
            (self.name, self.bytes, self.sha256) = (name, bytes, sha256)
            (chunkBytes, chunkRoot) = (chunks?.chunkBytes, chunks?.root.description)
        }

        private enum CodingKeys: String, CodingKey {
            case name, bytes, sha256
            case chunkBytes = "chunk_bytes"
            case chunkRoot = "chunk_root"
        }
    }

    public init(
        folder: String, step: Int, samples: Int, stateDigest: String, files: [File], index: File?, seconds: Double,
        blockedSeconds: Double
    ) {
        (self.folder, self.step, self.samples, self.stateDigest) = (folder, step, samples, stateDigest)
        (self.files, self.index) = (files, index)
        (self.seconds, self.blockedSeconds) = (seconds, blockedSeconds)
    }

    /// The folder of the record's tree in which notes and pointers are.
    static let treeFolder = "checkpoints/"

    /// The folder of the record's tree that holds the pointers.
    var pointerFolder: String { "\(Self.treeFolder)step-\(padded(step, 8))/" }

    /// The files, the index among them.
    public var allFiles: [File] { files + (index.map { [$0] } ?? []) }

    /// What a record's event for the checkpoint adds to the tree: the note, and a pointer for each file.
    public func recordFiles() throws(Diagnostic) -> [RecordFile] {
        var result = [
            RecordFile(path: "\(Self.treeFolder)\(padded(step, 8)).json", content: try RecordJSON.encode(self))
        ]
        for file in allFiles {
            guard let digest = Digest(file.sha256) else {
                throw Diagnostic(
                    "ledger.checkpoint", "the digest of a checkpoint's file is none", at: .init(file: file.name),
                    expected: "sha256: and 64 hexadecimal digits", found: file.sha256, kind: .failure)
            }
            let pointer = LFSPointer(digest: digest, bytes: file.bytes)
            result.append(RecordFile(path: pointerFolder + file.name, text: pointer.text))
        }
        return result
    }

    private enum CodingKeys: String, CodingKey {
        case folder, step, samples, files, index, seconds
        case blockedSeconds = "blocked_seconds"
        case stateDigest = "state_digest"
    }
}

extension Ledger {
    /// The notes of a run's checkpoints, by step; throws for one that cannot be read.
    public func checkpointNotes(_ run: RunID) throws(Diagnostic) -> [CheckpointNote] {
        var notes = [CheckpointNote]()
        for file in try read(run).files where Self.isCheckpointNote(file.path) {
            guard let bytes = try self.file(run, file.path) else { continue }
            notes.append(try RecordJSON.decode(CheckpointNote.self, from: bytes, path: file.path))
        }
        return notes.sorted { $0.step < $1.step }
    }

    static func isCheckpointNote(_ path: String) -> Bool {
        path.hasPrefix(CheckpointNote.treeFolder) && path.hasSuffix(".json")
            && !path.dropFirst(CheckpointNote.treeFolder.count).contains("/")
    }
}
