import Diagnostics
import Foundation
import Integrity
import Interchange
import SwiftCSV

/// A file of items as its public dataset has it: JSONL, JSON, CSV, TSV, or lines of text.
struct ItemFile {
    /// How a file is divided into items.
    enum Format: String, CaseIterable {
        case jsonl, json, csv, tsv
        /// Each line is the field `text` of an item, as in FLORES.
        case lines
        /// The whole file is the field `text` of one item.
        case document

        /// The format that a file's name tells; `nil` for a name that tells none.
        init?(fileName: String) {
            switch fileName.split(separator: ".").last.map(String.init) {
            case "jsonl": self = .jsonl
            case "json": self = .json
            case "csv": self = .csv
            case "tsv": self = .tsv
            case "txt", "dev", "devtest": self = .lines
            default: return nil
            }
        }
    }

    var records: [ItemRecord]
    var digest: Digest

    /// Files longer than this are refused: they are not suites.
    static let bytesMax = 1 << 30

    /// Reads a file; `shown` is what messages call it.
    init(_ path: String, _ format: Format) throws(Diagnostic) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic(
                "suite.unreadable", "the file of items cannot be read", at: .init(file: path),
                remedy: "paths in a suite start at the suite's folder")
        }
        guard data.count <= Self.bytesMax else {
            throw Diagnostic(
                "suite.too-large", "the file is too long for a suite", at: .init(file: path),
                expected: "at most \(Self.bytesMax) bytes")
        }
        guard var text = String(validating: data, as: UTF8.self) else {
            throw Diagnostic("suite.encoding", "the file is not UTF-8 text", at: .init(file: path))
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        digest = SHA256.digest(of: data)
        switch format {
        case .jsonl: records = try Self.objects(text, path)
        case .json: records = try Self.tree(Data(text.utf8), path)
        case .csv: records = try Self.table(text, .comma, path)
        case .tsv: records = try Self.tabs(text, path)
        case .lines:
            records = Self.lines(text).filter { !$0.text.isEmpty }
                .map { ItemRecord(members: ["text": .text($0.text)], file: path, line: $0.number) }
        case .document:
            records = text.isEmpty ? [] : [ItemRecord(members: ["text": .text(text)], file: path, line: 1)]
        }
        guard !records.isEmpty else {
            throw Diagnostic(
                "suite.empty", "there is no item in the file", at: .init(file: path), expected: "at least 1")
        }
    }

    private static func lines(_ text: String) -> [(number: Int, text: String)] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.enumerated()
            .map { ($0 + 1, String($1)) }
    }

    private static func objects(_ text: String, _ file: String) throws(Diagnostic) -> [ItemRecord] {
        var records: [ItemRecord] = []
        for line in lines(text) where !line.text.allSatisfy(\.isWhitespace) {
            guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(line.text.utf8)),
                case .object(let members) = value
            else {
                throw Diagnostic(
                    "suite.malformed", "the line is no item", at: .init(file: file, line: line.number),
                    expected: "a JSON object on one line")
            }
            records.append(ItemRecord(members: members, file: file, line: line.number))
        }
        return records
    }

    /// A JSON list of objects; or the nested form of SQuAD, of which each question becomes an item with its paragraph's context.
    private static func tree(_ data: Data, _ file: String) throws(Diagnostic) -> [ItemRecord] {
        let value = try? JSONDecoder().decode(JSONValue.self, from: data)
        if case .object(let members)? = value, case .list(let articles)? = members["data"] {
            let objects = articles.flatMap { list($0, "paragraphs") }.flatMap { paragraph in
                list(paragraph, "qas").map { question in object(question).merging(object(paragraph)) { own, _ in own } }
            }
            return objects.enumerated().map { index, object in
                var object = object
                object["qas"] = nil
                return ItemRecord(members: object, file: file, line: index + 1)
            }
        }
        guard case .list(let elements)? = value, elements.allSatisfy({ !object($0).isEmpty }) else {
            throw Diagnostic(
                "suite.malformed", "the file holds no items", at: .init(file: file),
                expected: "a list of JSON objects, or SQuAD's data, paragraphs and qas")
        }
        return elements.enumerated().map { ItemRecord(members: object($1), file: file, line: $0 + 1) }
    }

    private static func object(_ value: JSONValue) -> [String: JSONValue] {
        if case .object(let members) = value { return members }
        return [:]
    }

    private static func list(_ value: JSONValue, _ key: String) -> [JSONValue] {
        if case .list(let elements)? = object(value)[key] { return elements }
        return []
    }

    /// Rows under a header, cells quoted where need be.
    private static func table(
        _ text: String, _ delimiter: CSVDelimiter, _ file: String
    ) throws(Diagnostic) -> [ItemRecord] {
        var rows: [[String]] = []
        do {
            let text = text.last?.isNewline == true ? text : text + "\n"
            let table = try CSV<Enumerated>(string: text, delimiter: delimiter, loadColumns: false)
            try table.enumerateAsArray(startAt: 0, rowLimit: nil) { rows.append($0) }
        } catch {
            throw Diagnostic(
                "suite.malformed", "a quoted cell goes on after its closing quote", at: .init(file: file),
                expected: "a delimiter or the end of the line")
        }
        return try records(rows, file)
    }

    /// Rows under a header, divided by tabs and never quoted.
    private static func tabs(_ text: String, _ file: String) throws(Diagnostic) -> [ItemRecord] {
        try records(
            lines(text).map { $0.text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }, file)
    }

    private static func records(_ rows: [[String]], _ file: String) throws(Diagnostic) -> [ItemRecord] {
        var records: [ItemRecord] = []
        var line = 1
        let header = rows.first ?? []
        for (number, cells) in rows.enumerated() {
            defer { line += 1 + cells.reduce(0) { $0 + $1.count(where: \.isNewline) } }
            if number == 0 || cells.allSatisfy(\.isEmpty) { continue }
            guard cells.count == header.count else {
                throw Diagnostic(
                    "suite.malformed", "the row has another number of cells than the header",
                    at: .init(file: file, line: line), expected: "\(header.count)", found: "\(cells.count)")
            }
            let members = Dictionary(zip(header, cells.map(JSONValue.text)), uniquingKeysWith: { first, _ in first })
            records.append(ItemRecord(members: members, file: file, line: line))
        }
        return records
    }
}
