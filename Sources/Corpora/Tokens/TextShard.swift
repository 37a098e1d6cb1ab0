import Diagnostics
import Foundation
import Integrity

/// A file of a built corpus that holds documents of one language, as they come to be tokenised.
struct TextShard: Sendable {
    /// How the file holds its documents.
    enum Form: Sendable {
        /// 16-bit tokens that are bytes, each document ended by ``Corpus/documentEnd``; all are of one split.
        case bytes(Split)
        /// One JSON object a line, with `split` and `text`.
        case lines
    }

    var path: String
    var language: String
    var form: Form
    /// The size of the file.
    var bytes: Int
    var sha256: Digest

    /// A document's text and what it is for.
    struct Text: Sendable {
        var bytes: [UInt8]
        var split: Split
    }

    /// Maps the file after checking that it is the one that the corpus lists.
    func open() throws(Diagnostic) -> Data {
        let data = try readFile(path)
        let found = data.withUnsafeBytes { SHA256.digest(of: $0) }
        guard found == sha256 else { throw Corpus.altered("the file", path, expected: sha256, found: found) }
        return data
    }

    /// Cuts the file into ranges of whole documents of at least `size` bytes (the last one may have fewer), in order.
    func pieces(of data: Data, size: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = 0
        data.withUnsafeBytes { raw in
            while start < raw.count {
                let end = endOfDocument(in: raw, from: min(start + size, raw.count))
                pieces.append(start..<end)
                start = end
            }
        }
        return pieces
    }

    /// Where the document that holds the byte before `place` ends.
    private func endOfDocument(in raw: UnsafeRawBufferPointer, from place: Int) -> Int {
        switch form {
        case .lines:
            let rest = raw[max(0, place - 1)...]
            return rest.firstIndex(of: 10).map { $0 + 1 } ?? raw.count
        case .bytes:
            var token = max(0, place / 2 - 1)
            while 2 * token + 1 < raw.count {
                if raw[2 * token + 1] == UInt8(Corpus.documentEnd >> 8) { return 2 * token + 2 }
                token += 1
            }
            return raw.count
        }
    }

    /// The documents of a piece, in order.
    func documents(
        in data: Data, _ piece: Range<Int>, _ body: (Text) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        switch form {
        case .lines: try lines(in: data, piece, body)
        case .bytes(let split):
            for text in data.withUnsafeBytes({ Self.texts(in: UnsafeRawBufferPointer(rebasing: $0[piece])) }) {
                try body(Text(bytes: text, split: split))
            }
        }
    }

    /// The bytes of the documents in 16-bit tokens.
    private static func texts(in raw: UnsafeRawBufferPointer) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        var text: [UInt8] = []
        for place in stride(from: 0, to: raw.count - 1, by: 2) {
            if raw[place + 1] == 0 {
                text.append(raw[place])
            } else {
                texts.append(text)
                text.removeAll(keepingCapacity: true)
            }
        }
        return texts
    }

    private func lines(
        in data: Data, _ piece: Range<Int>, _ body: (Text) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        var failure: Diagnostic?
        data.withUnsafeBytes { raw in
            do throws(Diagnostic) {
                var start = piece.lowerBound
                while start < piece.upperBound {
                    let end = raw[start..<piece.upperBound].firstIndex(of: 10) ?? piece.upperBound
                    try body(try text(of: UnsafeRawBufferPointer(rebasing: raw[start..<end]), at: start, in: raw))
                    start = end + 1
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func text(
        of line: UnsafeRawBufferPointer, at start: Int, in raw: UnsafeRawBufferPointer
    ) throws(Diagnostic) -> Text {
        // The line's number is found only when something is wrong with it.
        func place() -> Diagnostic.Location { .init(file: path, line: raw[..<start].count { $0 == 10 } + 1) }
        guard let text = CorpusText(parsing: line) else {
            throw Diagnostic(
                "tokens.text", "this is not a line of a corpus of texts", at: place(), remedy: "build the corpus again")
        }
        guard text.language == language else {
            throw Diagnostic(
                "tokens.text", "the document is of another language than its file", at: place(), expected: language,
                found: text.language)
        }
        return Text(bytes: text.bytes, split: text.split)
    }
}
