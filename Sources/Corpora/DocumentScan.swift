import Diagnostics
import Foundation
import Integrity

/// The first pass over a source: finds its documents in their order and checks every text.
struct DocumentScan {
    private let source: CorpusSource
    /// The source's path without trailing slashes.
    private let root: String

    /// Visits the documents of a source: files in byte-wise order of their paths, lines in file order.
    ///
    /// Throws a ``Diagnostic`` that names the file (and line) for a missing source, a folder that is no language, a
    /// document that is empty, binary or not UTF-8, and for a source without any document.
    static func visit(
        _ source: CorpusSource, _ body: (FoundDocument) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        if let language = source.language, !isLanguageCode(language) {
            throw Diagnostic(
                "corpus.bad-language", "this is not a language code", expected: "a code such as fr, pt-BR or zh",
                found: language)
        }
        var root = source.path
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        let scan = DocumentScan(source: source, root: root)
        switch fileKind(root, followingLinks: true) {
        case .folder: try scan.visitFolder(body)
        case .regular: try scan.visitLines(body)
        case .other, .missing:
            throw Diagnostic(
                "corpus.source-missing", "there is no such source", at: .init(file: source.path),
                expected: "a folder of text files or a JSONL file")
        }
    }

    private func noDocuments(_ expected: String) -> Diagnostic {
        Diagnostic(
            "corpus.no-documents", "the source holds no documents", at: .init(file: source.path), expected: expected)
    }
}

// MARK: - Folders of text

extension DocumentScan {
    private func visitFolder(_ body: (FoundDocument) throws(Diagnostic) -> Void) throws(Diagnostic) {
        var paths = [String]()
        try collectTexts(below: "", into: &paths)
        // Swift orders strings by canonical equivalence; file order is by bytes.
        paths.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard !paths.isEmpty else {
            throw noDocuments(source.language == nil ? "files <language>/**/*.txt" : "files **/*.txt")
        }
        var records = FolderRecords(root: root)
        for path in paths {
            let language = try language(ofFileAt: path)
            let file = "\(root)/\(path)"
            let text = Array(try readFile(file))
            try checkText(text, at: .init(file: file))
            try body(
                FoundDocument(
                    place: .file(file), path: path, language: language, source: try records.record(ofFileAt: path),
                    digest: SHA256.digest(of: text), bytes: text.count))
        }
    }

    /// Gathers the paths, relative to the root, of the text files below a folder; links to folders are not followed.
    private func collectTexts(below folder: String, into paths: inout [String]) throws(Diagnostic) {
        let full = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: full) else {
            throw Diagnostic("corpus.unreadable", "cannot list the folder", at: .init(file: full))
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if fileKind("\(root)/\(path)", followingLinks: false) == .folder {
                try collectTexts(below: path, into: &paths)
            } else if name.hasSuffix(".txt"), fileKind("\(root)/\(path)", followingLinks: true) == .regular {
                paths.append(path)
            }
        }
    }

    private func language(ofFileAt path: String) throws(Diagnostic) -> String {
        if let language = source.language { return language }
        guard let slash = path.firstIndex(of: "/") else {
            throw Diagnostic(
                "corpus.bad-language", "the file is in no language's folder", at: .init(file: "\(root)/\(path)"),
                expected: "\(root)/<language>/\(path)", remedy: "move it, or give the language of the whole folder")
        }
        let folder = String(path[..<slash])
        guard isLanguageCode(folder) else {
            throw Diagnostic(
                "corpus.bad-language", "the folder's name is not a language code",
                at: .init(file: "\(root)/\(folder)"), expected: "a code such as fr, pt-BR or zh", found: folder,
                remedy: "rename it, or give the language of the whole folder")
        }
        return folder
    }
}

/// The source records that speak for the files below a root, each folder's looked up once.
private struct FolderRecords {
    let root: String
    private var known: [String: SourceRecord] = [:]

    init(root: String) { self.root = root }

    /// The record of the deepest folder that has one; without any, the root folder's name stands for the source.
    mutating func record(ofFileAt path: String) throws(Diagnostic) -> SourceRecord {
        try record(ofFolder: path.split(separator: "/").dropLast().map(String.init))
    }

    private mutating func record(ofFolder parts: [String]) throws(Diagnostic) -> SourceRecord {
        let folder = parts.joined(separator: "/")
        if let record = known[folder] { return record }
        let record: SourceRecord
        if let own = try SourceRecord.inFolder(folder.isEmpty ? root : "\(root)/\(folder)") {
            record = own
        } else if parts.isEmpty {
            record = SourceRecord(name: URL(fileURLWithPath: root).lastPathComponent)
        } else {
            record = try self.record(ofFolder: parts.dropLast())
        }
        known[folder] = record
        return record
    }
}

// MARK: - JSONL

extension DocumentScan {
    private static let keys = ["text", "lang", "source"]

    private func visitLines(_ body: (FoundDocument) throws(Diagnostic) -> Void) throws(Diagnostic) {
        let content = try readFile(root)
        let url = URL(fileURLWithPath: root)
        let beside = try SourceRecord.inFolder(url.deletingLastPathComponent().path)
        let name = url.lastPathComponent
        let fallback = beside ?? SourceRecord(name: name)
        var start = 0
        var number = 0
        var visited = 0
        while start < content.count {
            let end = content[start...].firstIndex(of: 10) ?? content.count
            number += 1
            let place = DocumentPlace.line(file: root, number: number, bytes: start..<end)
            let line = content.subdata(in: start..<end)
            try checkEncoding(Array(line), at: place.location, baseOffset: start)
            start = end + 1
            if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
            try body(try document(in: line, place: place, path: "\(name):\(number)", fallback: fallback))
            visited += 1
        }
        if visited == 0 { throw noDocuments("lines such as {\"text\": …, \"lang\": \"fr\"}") }
    }

    private func document(
        in line: Data, place: DocumentPlace, path: String, fallback: SourceRecord
    ) throws(Diagnostic) -> FoundDocument {
        let object = try FlatObject(parsing: line, at: place.location)
        try object.refuseKeys(except: Self.keys)
        let text = Array(try object.requiredString("text").utf8)
        var location = place.location
        location.key = "text"
        try checkText(text, at: location)
        // The version and licence beside the file speak only for the source that they name.
        let named = try object.string("source") ?? fallback.name
        return FoundDocument(
            place: place, path: path, language: try language(of: object, at: place.location),
            source: named == fallback.name ? fallback : SourceRecord(name: named), digest: SHA256.digest(of: text),
            bytes: text.count)
    }

    private func language(of object: FlatObject, at location: Diagnostic.Location) throws(Diagnostic) -> String {
        if let language = source.language { return language }
        let language = try object.requiredString("lang")
        guard isLanguageCode(language) else {
            throw Diagnostic(
                "corpus.bad-language", "this is not a language code",
                at: .init(file: location.file, line: location.line, key: "lang"),
                expected: "a code such as fr, pt-BR or zh", found: language)
        }
        return language
    }
}

// MARK: - Kinds of files

enum FileKind: Equatable { case folder, regular, other, missing }

/// What a path names; a link counts as `other` unless it is followed.
func fileKind(_ path: String, followingLinks: Bool) -> FileKind {
    var information = stat()
    guard (followingLinks ? stat(path, &information) : lstat(path, &information)) == 0 else { return .missing }
    switch information.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG: return .regular
    default: return .other
    }
}
