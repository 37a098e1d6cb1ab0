import Diagnostics
import Integrity

/// A Git LFS pointer: the small text file that stands in git for a large file kept elsewhere.
///
/// ```
/// version https://git-lfs.github.com/spec/v1
/// oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
/// size 12345
/// ```
/// Source: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
public struct LFSPointer: Sendable, Equatable {
    /// The SHA-256 of the file.
    public var digest: Digest
    /// The length of the file.
    public var bytes: Int

    public init(digest: Digest, bytes: Int) {
        self.digest = digest
        self.bytes = bytes
    }

    private static let opening = "version https://git-lfs.github.com/spec/v1\noid sha256:"

    /// Reads a pointer in its one canonical form; `nil` for anything else.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.opening) else { return nil }
        let lines = text.dropFirst(Self.opening.count).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, let digest = Digest(String(lines[0])), lines[1].hasPrefix("size "),
            let bytes = Int(lines[1].dropFirst(5)), bytes >= 0
        else { return nil }
        self.init(digest: digest, bytes: bytes)
        // Digits in upper case, signs and leading zeros would read the same.
        guard self.text == text else { return nil }
    }

    /// The pointer's file, byte for byte as Git LFS writes it.
    public var text: String { "\(Self.opening)\(digest.hex)\nsize \(bytes)\n" }
}
