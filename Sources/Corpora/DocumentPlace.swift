import Diagnostics
import Foundation
import Integrity

/// Where the text of a document lies: a file of its own, or one line of a JSONL file.
enum DocumentPlace: Sendable, Equatable {
    case file(String)
    /// `bytes` is the line's range in the file; `number` counts from 1.
    case line(file: String, number: Int, bytes: Range<Int>)

    var location: Diagnostic.Location {
        switch self {
        case .file(let path): .init(file: path)
        case .line(let path, let number, _): .init(file: path, line: number)
        }
    }
}

/// A document as the first pass finds it: everything but its text, which the second pass reads again.
struct FoundDocument: Sendable, Equatable {
    var place: DocumentPlace
    /// The path below the source's root, or `name.jsonl:line`.
    var path: String
    var language: String
    var source: SourceRecord
    /// The digest of the text.
    var digest: Digest
    var bytes: Int
}

/// Reads the texts of documents found before, and notices when one has changed since.
struct DocumentReader {
    /// The JSONL file read last: its lines are usually wanted in order.
    private var mapped: (path: String, content: Data)?

    /// The text of a document, as UTF-8.
    mutating func text(of document: FoundDocument) throws(Diagnostic) -> [UInt8] {
        let text: [UInt8]
        switch document.place {
        case .file(let path):
            text = Array(try readFile(path))
        case .line(let path, let number, let range):
            let content = try content(of: path)
            guard range.upperBound <= content.count else { throw changed(document) }
            let line = content.subdata(in: range)
            text = Array(try FlatObject(parsing: line, at: .init(file: path, line: number)).requiredString("text").utf8)
        }
        guard SHA256.digest(of: text) == document.digest else { throw changed(document) }
        return text
    }

    private mutating func content(of path: String) throws(Diagnostic) -> Data {
        if let mapped, mapped.path == path { return mapped.content }
        let content = try readFile(path)
        mapped = (path, content)
        return content
    }

    private func changed(_ document: FoundDocument) -> Diagnostic {
        Diagnostic(
            "corpus.source-changed", "the document changed while the corpus was being built",
            at: document.place.location, remedy: "build again when nothing writes to the source", kind: .failure)
    }
}
