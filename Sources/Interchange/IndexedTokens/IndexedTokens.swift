import Diagnostics
import Integrity

/// A pair of files of tokens as Megatron-LM and its kin read them: `PREFIX.bin`, the tokens, and `PREFIX.idx`, what is where.
///
/// ```swift
/// let tokens = try IndexedTokens(prefix: "tokens/small-fr-train")
/// let first = try tokens.document(0)
/// ```
///
/// Both files are mapped, not loaded: opening takes constant time and memory whatever their size. The files must not be
/// changed while they are open. A damaged index is refused with the file and the byte offset, when it is opened or else
/// when what is damaged is asked for; ``verify()`` looks at everything.
public final class IndexedTokens: Sendable {
    /// The path of both files without `.bin` and `.idx`.
    public let prefix: String
    private let data: MappedFile
    private let index: MappedFile
    private let layout: TokenIndex

    /// Opens both files and checks that they fit together.
    ///
    /// Throws `tokens.…` for a file that cannot be read or that is damaged.
    public init(prefix: String) throws(Diagnostic) {
        self.prefix = prefix
        index = try MappedFile(path: prefix + ".idx", subject: "tokens")
        data = try MappedFile(path: prefix + ".bin", subject: "tokens")
        let dataBytes = data.count
        layout = try index.withBytes { (bytes) throws(Diagnostic) in
            try TokenIndex(bytes, dataBytes: dataBytes, path: prefix + ".idx")
        }
    }

    /// How a token is stored.
    public var type: TokenType { layout.type }
    /// The tokens of the whole file.
    public var tokenCount: Int { data.count / type.byteCount }
    /// The bytes of the index.
    var indexBytes: Int { index.count }
    /// The sequences, each of which is a document unless documents were cut into several.
    public var sequenceCount: Int { layout.sequences }
    /// The documents.
    public var documentCount: Int { layout.marks - 1 }

    /// Copies `buffer.count` tokens from token `first` of the file on, whatever documents they belong to; ids that 32 bits
    /// do not hold become the nearest that they do.
    public func copy(from first: Int, into buffer: UnsafeMutableBufferPointer<Int32>) {
        precondition(first >= 0 && buffer.count <= tokenCount - first, "no such tokens")
        let (type, width) = (type, type.byteCount)
        data.withBytes { bytes in
            switch type {
            case .uint16:
                for i in buffer.indices {
                    let token = bytes.loadUnaligned(fromByteOffset: 2 * (first + i), as: UInt16.self)
                    buffer[i] = Int32(UInt16(littleEndian: token))
                }
            default:
                for i in buffer.indices { buffer[i] = Int32(clamping: type.load(bytes, at: width * (first + i))) }
            }
        }
    }

    /// The tokens of a sequence.
    public func sequence(_ number: Int) throws(Diagnostic) -> [Int] {
        let range = try index.withBytes { (bytes) throws(Diagnostic) in try layout.byteRange(of: number, bytes) }
        let type = type
        return data.withBytes { bytes in
            stride(from: range.lowerBound, to: range.upperBound, by: type.byteCount).map { type.load(bytes, at: $0) }
        }
    }

    /// The tokens of a document, all its sequences one after the other.
    public func document(_ number: Int) throws(Diagnostic) -> [Int] {
        let range = try index.withBytes { (bytes) throws(Diagnostic) in
            try layout.sequences(ofDocument: number, bytes)
        }
        var tokens: [Int] = []
        for part in range { tokens += try sequence(part) }
        return tokens
    }

    /// Checks every element of the index. Reads the whole index, and no tokens.
    public func verify() throws(Diagnostic) {
        try index.withBytes { (bytes) throws(Diagnostic) in try layout.verify(bytes) }
    }

    /// Checks that every token is a number of the vocabulary. Reads all tokens.
    public func verifyTokens(vocabulary: Int) throws(Diagnostic) {
        if let wrong = try findings(vocabulary: vocabulary).wrongToken { throw wrong }
    }

    /// The SHA-256 of `PREFIX.bin` and of `PREFIX.idx`. Reads both files.
    public func digests() throws(Diagnostic) -> (bin: Digest, idx: Digest) {
        (try SHA256.digest(ofFile: data.path), try SHA256.digest(ofFile: index.path))
    }
}
