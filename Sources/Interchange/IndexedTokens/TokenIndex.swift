import Diagnostics

/// The layout of an `.idx` file: a header, and three arrays without padding between them.
///
/// All numbers are little-endian. `MMIDIDX` and two zero bytes; version 1 (u64); the token type's code (u8); the number of
/// sequences n (u64); the number of document marks d (u64). Then n lengths in tokens (i32), n byte offsets in the `.bin`
/// file (i64), and d marks (i64): the first is 0, each document's sequences end before the next one, the last is n.
struct TokenIndex {
    static let magic: [UInt8] = Array("MMIDIDX".utf8) + [0, 0]
    static let version: UInt64 = 1
    /// Bytes before the first array: the arrays are not aligned to the size of their elements.
    static let headerBytes = 34

    let path: String
    /// The bytes of the `.bin` file.
    let dataBytes: Int
    let type: TokenType
    /// n, the number of sequences.
    let sequences: Int
    /// d, one more than the number of documents.
    let marks: Int

    private var lengthsStart: Int { Self.headerBytes }
    private var offsetsStart: Int { lengthsStart + 4 * sequences }
    private var marksStart: Int { offsetsStart + 8 * sequences }

    /// Reads the header and checks, in constant time, that it fits both files: their sizes, the ends of the arrays.
    ///
    /// What this does not look at, every access checks for itself and ``verify(_:)`` checks as a whole.
    init(_ bytes: UnsafeRawBufferPointer, dataBytes: Int, path: String) throws(Diagnostic) {
        self.path = path
        self.dataBytes = dataBytes
        func refuse(
            _ code: String, _ message: String, at offset: Int, expected: String? = nil, found: String? = nil
        ) -> Diagnostic { Self.problem(path, code, message, at: offset, expected: expected, found: found) }
        guard bytes.count >= Self.headerBytes else {
            throw refuse(
                "truncated", "the file is too short for its header", at: bytes.count,
                expected: "\(Self.headerBytes) bytes", found: "\(bytes.count)")
        }
        guard bytes.prefix(9).elementsEqual(Self.magic) else {
            throw refuse("magic", "this is not an index of tokens", at: 0, expected: "MMIDIDX and two zero bytes")
        }
        let version = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
        guard version == Self.version else {
            throw refuse("version", "the index has another version", at: 9, expected: "1", found: "\(version)")
        }
        guard let type = TokenType(rawValue: bytes[17]) else {
            throw refuse(
                "type", "the type is not one of whole numbers", at: 17, expected: "a code of 1 to 5, or 8",
                found: "\(bytes[17])")
        }
        self.type = type
        let n = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 18, as: UInt64.self))
        let d = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 26, as: UInt64.self))
        // A file of this many bytes cannot hold more; with this known, no sum below can overflow.
        guard n <= UInt64(bytes.count / 12) else {
            throw refuse(
                "count", "the file is too short for its sequences", at: 18, expected: "at most \(bytes.count / 12)",
                found: "\(n)")
        }
        guard d <= UInt64(bytes.count / 8), d > 0 else {
            throw refuse(
                "count", "the number of document marks is impossible", at: 26,
                expected: "from 1 to \(bytes.count / 8)", found: "\(d)")
        }
        (sequences, marks) = (Int(n), Int(d))
        let size = Self.headerBytes + 12 * sequences + 8 * marks
        guard bytes.count == size else {
            throw refuse(
                "size", "the file's size is not what its header says", at: min(size, bytes.count),
                expected: "\(size) bytes", found: "\(bytes.count)")
        }
        try checkEnds(bytes)
    }

    /// The first and last elements of the arrays.
    private func checkEnds(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
        try require(bytes, mark: 0, is: 0)
        try require(bytes, mark: marks - 1, is: sequences)
        let end = try sequences == 0 ? 0 : byteRange(of: sequences - 1, bytes).upperBound
        guard end == dataBytes else {
            throw problem(
                "data-size", "the .bin file's size is not what the index says", at: lengthsStart,
                expected: "\(end) bytes", found: "\(dataBytes)")
        }
    }

    private func require(_ bytes: UnsafeRawBufferPointer, mark: Int, is expected: Int) throws(Diagnostic) {
        let found = integer(bytes, at: marksStart + 8 * mark)
        guard found == expected else {
            throw problem(
                "document", "document mark \(mark) is wrong", at: marksStart + 8 * mark, expected: "\(expected)",
                found: "\(found)")
        }
    }

    /// Where the tokens of a sequence lie in the `.bin` file; throws for what cannot be.
    func byteRange(of sequence: Int, _ bytes: UnsafeRawBufferPointer) throws(Diagnostic) -> Range<Int> {
        precondition((0..<sequences).contains(sequence), "no such sequence")
        let length = length(of: sequence, bytes)
        guard length >= 0 else {
            throw problem(
                "length", "the length of sequence \(sequence) is negative", at: lengthsStart + 4 * sequence,
                found: "\(length)")
        }
        let place = offsetsStart + 8 * sequence
        let start = integer(bytes, at: place)
        guard start >= 0, start % type.byteCount == 0, start <= dataBytes,
            length * type.byteCount <= dataBytes - start
        else {
            throw problem(
                "offset", "sequence \(sequence) does not lie in the .bin file", at: place,
                expected: "a range of \(length) tokens within \(dataBytes) bytes", found: "from byte \(start) on")
        }
        return start..<start + length * type.byteCount
    }

    /// The sequences of a document; throws for what cannot be.
    func sequences(ofDocument document: Int, _ bytes: UnsafeRawBufferPointer) throws(Diagnostic) -> Range<Int> {
        precondition((0..<marks - 1).contains(document), "no such document")
        let place = marksStart + 8 * document
        let (first, end) = (integer(bytes, at: place), integer(bytes, at: place + 8))
        guard 0 <= first, first <= end, end <= sequences else {
            throw problem(
                "document", "the marks of document \(document) are out of order", at: place,
                expected: "two numbers from 0 to \(sequences) in order", found: "\(first) and \(end)")
        }
        return first..<end
    }

    /// Checks every element: offsets are the sums of the lengths before, document marks never fall.
    func verify(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
        var end = 0
        for sequence in 0..<sequences {
            let range = try byteRange(of: sequence, bytes)
            guard range.lowerBound == end else {
                throw problem(
                    "offset", "sequence \(sequence) does not begin where the one before ends",
                    at: offsetsStart + 8 * sequence, expected: "\(end)", found: "\(range.lowerBound)")
            }
            end = range.upperBound
        }
        for document in 0..<marks - 1 { _ = try sequences(ofDocument: document, bytes) }
    }

    /// The length of a sequence, as the file has it.
    func length(of sequence: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
        let value = bytes.loadUnaligned(fromByteOffset: lengthsStart + 4 * sequence, as: Int32.self)
        return Int(Int32(littleEndian: value))
    }

    private func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
    }

    private func problem(
        _ code: String, _ message: String, at offset: Int, expected: String? = nil, found: String? = nil
    ) -> Diagnostic { Self.problem(path, code, message, at: offset, expected: expected, found: found) }

    private static func problem(
        _ path: String, _ code: String, _ message: String, at offset: Int, expected: String?, found: String?
    ) -> Diagnostic {
        Diagnostic(
            "tokens." + code, "\(message) (at byte \(offset))", at: .init(file: path), expected: expected, found: found,
            remedy: "build the tokens again or restore the file")
    }
}
