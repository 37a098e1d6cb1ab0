import Diagnostics
import Integrity

extension IndexedTokens {
    /// What the whole of both files comes to.
    public struct Findings: Sendable {
        /// The SHA-256 of `PREFIX.bin`.
        public var bin: Digest
        /// The SHA-256 of `PREFIX.idx`.
        public var idx: Digest
        /// The diagnostic of the first token that is not in the vocabulary.
        public var wrongToken: Diagnostic?
    }

    /// The bytes of both files.
    public var fileBytes: Int { tokenCount * type.byteCount + indexBytes }

    /// Reads both files once, piece by piece and not through their mappings, so that they take no memory.
    ///
    /// `progress` is told the bytes of each piece; what it throws ends the reading. Damage is no error here: only files that
    /// cannot be read are.
    public func findings(
        vocabulary: Int, progress: (_ bytes: Int) throws(Diagnostic) -> Void = { _ throws(Diagnostic) in }
    ) throws(Diagnostic) -> Findings {
        var wrong: (place: Int, token: Int)?
        var place = 0
        let type = type
        let bin = try SHA256.digest(ofFile: prefix + ".bin") { (piece) throws(Diagnostic) in
            if wrong == nil, let found = type.first(in: piece, outside: vocabulary) {
                wrong = (place + found.place, found.token)
            }
            place += piece.count
            try progress(piece.count)
        }
        let idx = try SHA256.digest(ofFile: prefix + ".idx") { (piece) throws(Diagnostic) in try progress(piece.count) }
        return Findings(
            bin: bin, idx: idx,
            wrongToken: wrong.map { wrong in
                Diagnostic(
                    "tokens.vocabulary", "a token is not in the vocabulary (at byte \(wrong.place))",
                    at: .init(file: prefix + ".bin"), expected: "a number from 0 to \(vocabulary - 1)",
                    found: "\(wrong.token)")
            })
    }
}

extension TokenType {
    /// The first token that is no number of a vocabulary; what is less than a token at the end is not looked at.
    fileprivate func first(in bytes: UnsafeRawBufferPointer, outside vocabulary: Int) -> (place: Int, token: Int)? {
        if self == .uint16 {
            // By far the most files have this type, and nearly all pieces nothing wrong.
            var largest: UInt16 = 0
            for place in stride(from: 0, to: bytes.count - 1, by: 2) {
                largest = max(
                    largest, UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)))
            }
            if Int(largest) < vocabulary { return nil }
        }
        for place in stride(from: 0, through: bytes.count - byteCount, by: byteCount) {
            let token = load(bytes, at: place)
            if token < 0 || token >= vocabulary { return (place, token) }
        }
        return nil
    }
}
