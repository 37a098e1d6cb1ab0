import Diagnostics
import Integrity

/// Writes `PREFIX.bin` and `PREFIX.idx` document by document; see ``IndexedTokens``.
///
/// ```swift
/// let writer = try IndexedTokensWriter(prefix: "tokens/small-fr-train", type: .uint16)
/// try writer.append([17, 4, 256])
/// let written = try writer.finish()
/// ```
///
/// Every document is one sequence. Memory does not grow with the documents: their lengths wait in the unfinished `.idx`
/// file. Without ``finish()`` nothing is left of either file.
public final class IndexedTokensWriter {
    /// What was written.
    public struct Receipt: Sendable, Equatable {
        public var documents: Int
        public var tokens: Int
        /// The SHA-256 of each file.
        public var bin: Digest
        public var idx: Digest
    }

    private let type: TokenType
    private let data: PartialFile
    private let index: PartialFile
    private var dataHash: SHA256? = SHA256()
    private var documents = 0
    private var tokens = 0
    private var encoded: [UInt8] = []

    /// Begins both files; the folder must be there.
    public init(prefix: String, type: TokenType) throws(Diagnostic) {
        self.type = type
        data = try PartialFile(prefix + ".bin")
        index = try PartialFile(prefix + ".idx")
        // The counts are not known yet.
        try append([UInt8](repeating: 0, count: TokenIndex.headerBytes), to: index)
    }

    /// Appends a document.
    ///
    /// Throws `tokens.range` for a token that the type does not hold, `tokens.length` for a document of 2^31 tokens or more.
    public func append(_ document: [Int32]) throws(Diagnostic) {
        guard let length = Int32(exactly: document.count) else {
            throw Diagnostic(
                "tokens.length", "document \(documents) is too long", at: .init(file: data.path),
                expected: "fewer than 2^31 tokens", found: "\(document.count)")
        }
        encoded.removeAll(keepingCapacity: true)
        let isHeld: Bool
        switch type {
        case .uint8: isHeld = encode(document, as: UInt8.self)
        case .int8: isHeld = encode(document, as: Int8.self)
        case .int16: isHeld = encode(document, as: Int16.self)
        case .uint16: isHeld = encode(document, as: UInt16.self)
        case .int32: isHeld = encode(document, as: Int32.self)
        case .int64: isHeld = encode(document, as: Int64.self)
        }
        guard isHeld else {
            throw Diagnostic(
                "tokens.range", "document \(documents) has a token that the type \(type.name) does not hold",
                at: .init(file: data.path), kind: .failure)
        }
        dataHash?.update(encoded)
        try append(encoded, to: data)
        try append(littleEndianBytes(length), to: index)
        documents += 1
        tokens += document.count
    }

    /// Writes the index's other arrays and its header, flushes both files and gives them their names.
    public func finish() throws(Diagnostic) -> Receipt {
        guard let hash = dataHash.take() else { preconditionFailure("a writer finishes once") }
        try writeOffsets()
        for first in stride(from: 0, through: documents, by: Self.piece) {
            let marks = (first...min(first + Self.piece - 1, documents)).flatMap { littleEndianBytes(Int64($0)) }
            try append(marks, to: index)
        }
        let header =
            TokenIndex.magic + littleEndianBytes(TokenIndex.version) + [type.rawValue]
            + littleEndianBytes(UInt64(documents)) + littleEndianBytes(UInt64(documents + 1))
        try index.overwrite(header, at: 0)
        let idx = try indexDigest()
        try data.finish()
        try index.finish()
        return Receipt(documents: documents, tokens: tokens, bin: hash.finish(), idx: idx)
    }

    /// Elements of an array that are in memory at a time.
    private static let piece = 1 << 16

    private func writeOffsets() throws(Diagnostic) {
        var offset: Int64 = 0
        for first in stride(from: 0, to: documents, by: Self.piece) {
            let count = min(Self.piece, documents - first)
            let lengths = try index.read(from: TokenIndex.headerBytes + 4 * first, count: 4 * count)
            var offsets: [UInt8] = []
            offsets.reserveCapacity(8 * count)
            lengths.withUnsafeBytes { raw in
                for i in 0..<count {
                    offsets += littleEndianBytes(offset)
                    let length = Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * i, as: Int32.self))
                    offset += Int64(length) * Int64(type.byteCount)
                }
            }
            try append(offsets, to: index)
        }
    }

    private func indexDigest() throws(Diagnostic) -> Digest {
        var hash = SHA256()
        let size = TokenIndex.headerBytes + 12 * documents + 8 * (documents + 1)
        for offset in stride(from: 0, to: size, by: 8 * Self.piece) {
            hash.update(try index.read(from: offset, count: min(8 * Self.piece, size - offset)))
        }
        return hash.finish()
    }

    /// Appends the tokens to `encoded`; false when one does not fit.
    private func encode<Stored: FixedWidthInteger>(_ document: [Int32], as type: Stored.Type) -> Bool {
        let width = MemoryLayout<Stored>.size
        encoded.append(contentsOf: repeatElement(0, count: width * document.count))
        return encoded.withUnsafeMutableBytes { raw in
            for (i, token) in document.enumerated() {
                guard let stored = Stored(exactly: token) else { return false }
                raw.storeBytes(of: stored.littleEndian, toByteOffset: width * i, as: Stored.self)
            }
            return true
        }
    }

    private func append(_ bytes: [UInt8], to file: PartialFile) throws(Diagnostic) {
        var failure: Diagnostic?
        bytes.withUnsafeBytes { raw in
            do throws(Diagnostic) { try file.append(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

/// The bytes of a number, little end first.
private func littleEndianBytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
