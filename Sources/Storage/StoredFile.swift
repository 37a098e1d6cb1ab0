import Integrity

/// A large file that something needs: its content by digest, and where it is or goes on this machine.
public struct StoredFile: Sendable, Equatable {
    /// The SHA-256 of the content, which names it in every store.
    public var digest: Digest
    /// The length, where it is known beforehand.
    public var bytes: Int?
    /// The path on this machine.
    public var path: String
    /// What people call it, such as `checkpoints/step-00000100/rank-00000.safetensors`.
    public var name: String

    public init(digest: Digest, bytes: Int?, path: String, name: String) {
        self.digest = digest
        self.bytes = bytes
        self.path = path
        self.name = name
    }
}

/// How far a transfer has come.
public struct TransferProgress: Sendable, Equatable {
    /// Files dealt with, of how many.
    public var files: Int
    public var filesWhole: Int
    /// Bytes dealt with, of how many as far as lengths are known.
    public var bytes: Int
    public var bytesWhole: Int

    public init(files: Int, filesWhole: Int, bytes: Int, bytesWhole: Int) {
        (self.files, self.filesWhole, self.bytes, self.bytesWhole) = (files, filesWhole, bytes, bytesWhole)
    }
}

/// What a transfer did.
public struct TransferSummary: Sendable, Equatable {
    /// Files that were copied, and their bytes.
    public var copied = 0
    public var copiedBytes = 0
    /// Files that were there already.
    public var present = 0

    public init(copied: Int = 0, copiedBytes: Int = 0, present: Int = 0) {
        (self.copied, self.copiedBytes, self.present) = (copied, copiedBytes, present)
    }
}
