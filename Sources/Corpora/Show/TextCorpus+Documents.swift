import Diagnostics
import Foundation
import JSONWriting

extension TextCorpus {
    /// The rows of documents that a query names: the first hexadecimal digits (at least 6) of a digest, with or without
    /// `sha256:`, or `source:place`; at most `limit` of them, in the order of languages and documents.
    ///
    /// Throws `corpus.no-such-document` where there is none.
    public func documents(named query: String, limit: Int = 10) throws(Diagnostic) -> [DocumentRow] {
        let name = DocumentName(query)
        let found = try rows(containing: name.needle, limit: limit) { name.matches($0) }
        if found.isEmpty {
            throw Diagnostic(
                "corpus.no-such-document", "the corpus has no such document", at: .init(file: folder),
                expected: "source:place, or at least \(DocumentName.digitsMin) digits of a digest",
                found: "\"\(query)\"",
                remedy: "the files documents-*.jsonl list all documents, and skipped.jsonl what gave none")
        }
        return found
    }

    /// The rows of documents that were left out as duplicates of one.
    public func duplicates(of document: DocumentRow, limit: Int = .max) throws(Diagnostic) -> [DocumentRow] {
        var needle = [UInt8]()
        JSONString.append(document.name.utf8, to: &needle)
        return try rows(containing: needle, limit: limit) { $0.duplicateOf == document.name }
    }

    /// The rows whose lines hold some bytes and that a test lets through.
    func rows(
        containing needle: [UInt8], limit: Int, where isWanted: (DocumentRow) -> Bool
    ) throws(Diagnostic) -> [DocumentRow] {
        var rows = [DocumentRow]()
        for file in manifest.files where file.kind == .documents {
            try forEachLine(of: file) { (line, number) throws(Diagnostic) in
                guard rows.count < limit, line.holds(needle) else { return }
                let row = try row(line, number, of: file)
                if isWanted(row) { rows.append(row) }
            }
        }
        return rows
    }

    /// Visits the rows of all documents, in the order of languages and documents.
    func forEachRow(_ body: (DocumentRow) throws(Diagnostic) -> Void) throws(Diagnostic) {
        for file in manifest.files where file.kind == .documents {
            try forEachLine(of: file) { (line, number) throws(Diagnostic) in try body(try row(line, number, of: file)) }
        }
    }

    private func row(
        _ line: UnsafeRawBufferPointer, _ number: Int, of file: TextCorpusManifest.File
    ) throws(Diagnostic) -> DocumentRow {
        guard let row = try? JSONDecoder().decode(DocumentRow.self, from: Data(line)) else {
            throw Diagnostic(
                "corpus.table", "this is not a row of a document table",
                at: .init(file: "\(folder)/\(file.file)", line: number), remedy: "build the corpus again")
        }
        return row
    }
}

/// What a person calls a document by.
struct DocumentName {
    static let digitsMin = 6
    private let query: String
    /// The digits of a digest, if the query can be its beginning.
    private let digits: String?

    init(_ query: String) {
        self.query = query
        let rest = query.hasPrefix("sha256:") ? String(query.dropFirst(7)) : query
        let areDigits = rest.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        digits = areDigits && (Self.digitsMin...64).contains(rest.utf8.count) ? rest : nil
    }

    /// Bytes that the row of a document of this name holds.
    var needle: [UInt8] {
        if let digits { return Array(digits.utf8) }
        // The place is a text of its own in the row; sources' names may hold colons too, so the last one is not it.
        var text = [UInt8]()
        JSONString.append((query.split(separator: ":", maxSplits: 1).last ?? "").utf8, to: &text)
        return Array(text.dropFirst().dropLast())
    }

    func matches(_ row: DocumentRow) -> Bool {
        if let digits, [row.id, row.raw].contains(where: { $0?.hasPrefix("sha256:\(digits)") == true }) { return true }
        return row.name == query
    }
}

extension UnsafeRawBufferPointer {
    /// Whether some bytes occur in these.
    func holds(_ needle: [UInt8]) -> Bool {
        guard let baseAddress, let first = needle.first else { return needle.isEmpty }
        var start = 0
        while count - start >= needle.count,
            let found = memchr(baseAddress + start, Int32(first), count - start - needle.count + 1)
        {
            if memcmp(found, needle, needle.count) == 0 { return true }
            start = UnsafeRawPointer(found) - baseAddress + 1
        }
        return false
    }
}
