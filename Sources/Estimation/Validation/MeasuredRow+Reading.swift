import Diagnostics
import Foundation
import Recipes
import SwiftCSV

extension MeasuredRow {
    /// The columns of a file of rows. Those that are not there count as not stated, except the needed ones.
    enum Column: String, CaseIterable {
        case id, source, hardware, gpus
        case gpusPerNode = "gpus_per_node"
        case layers, hidden, heads
        case keyValueHeads = "kv_heads"
        case ffn, seq, vocab, tensor, pipeline, interleave, data, zero
        case microBatch = "micro_batch"
        case globalBatch = "global_batch"
        case sequenceParallel = "sequence_parallel"
        case recompute, precision, framework
        case seconds = "seconds_per_iteration"
        case teraflops = "tflops_reported"
        case memory = "memory_gb"
        case outOfMemory = "out_of_memory"
        case notes

        static let needed: [Column] = [
            .id, .hardware, .layers, .hidden, .seq, .tensor, .pipeline, .globalBatch, .seconds,
        ]
    }

    /// The rows of a CSV file and the names of columns that are not known.
    ///
    /// Throws `rows.` errors that name file, line and column: `unreadable`, `malformed`, `no-column`, `unknown-column`
    /// for one that looks mistyped, `wrong-value`.
    public static func read(_ path: String) throws(Diagnostic) -> (rows: [MeasuredRow], unknownColumns: [String]) {
        guard let data = FileManager.default.contents(atPath: path), let text = String(bytes: data, encoding: .utf8)
        else { throw Diagnostic("rows.unreadable", "the file cannot be read as text", at: .init(file: path)) }
        return try parse(text, file: path)
    }

    /// The rows of CSV text; `file` is what messages show as its place.
    public static func parse(
        _ text: String, file: String
    ) throws(Diagnostic) -> (rows: [MeasuredRow], unknownColumns: [String]) {
        var lines = try table(text, file: file)
        guard let header = lines.first else {
            throw Diagnostic("rows.malformed", "the file is empty", at: .init(file: file), expected: "a header")
        }
        lines.removeFirst()
        let columns = try Columns(header.cells, file: file)
        var rows: [MeasuredRow] = []
        for line in lines where line.cells != [""] {
            guard line.cells.count == header.cells.count else {
                throw Diagnostic(
                    "rows.malformed", "the row has another number of cells than the header",
                    at: .init(file: file, line: line.number), expected: "\(header.cells.count)",
                    found: "\(line.cells.count)")
            }
            rows.append(try MeasuredRow(Cells(columns: columns, line: line, file: file)))
        }
        return (rows, columns.unknown)
    }

    /// The cells of each record with the line that it starts on.
    private static func table(_ text: String, file: String) throws(Diagnostic) -> [Line] {
        // The parser drops an empty last cell unless a line ends after it.
        let text = text.last?.isNewline == true ? text : text + "\n"
        guard let records = records(text) else {
            throw Diagnostic(
                "rows.malformed", "a quoted cell goes on after its closing quote",
                at: .init(file: file, line: lineOfBadQuote(text)), expected: "a comma or the end of the line")
        }
        var lines: [Line] = []
        var number = 1
        for cells in records {
            lines.append(Line(number: number, cells: cells))
            number += 1 + cells.reduce(0) { $0 + $1.count(where: \.isNewline) }
        }
        return lines
    }

    /// The cells of each record; `nil` if a quoted cell is malformed.
    private static func records(_ text: String) -> [[String]]? {
        var records: [[String]] = []
        do {
            let table = try CSV<Enumerated>(string: text, delimiter: .comma, loadColumns: false)
            try table.enumerateAsArray(startAt: 0, rowLimit: nil) { records.append($0) }
        } catch { return nil }
        return records
    }

    /// The first line up to which the text cannot be read; the parser does not say.
    private static func lineOfBadQuote(_ text: String) -> Int {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var (good, bad) = (0, lines.count)
        while bad - good > 1 {
            let middle = (good + bad) / 2
            if records(lines.prefix(middle).joined(separator: "\n")) == nil { bad = middle } else { good = middle }
        }
        return bad
    }

    fileprivate struct Line {
        var number: Int
        var cells: [String]
    }

    /// Where each column is.
    fileprivate struct Columns {
        private var places: [Column: Int] = [:]
        var unknown: [String] = []

        init(_ names: [String], file: String) throws(Diagnostic) {
            for (place, name) in names.enumerated() {
                guard let column = Column(rawValue: name) else {
                    unknown.append(name)
                    continue
                }
                guard places.updateValue(place, forKey: column) == nil else {
                    throw Diagnostic("rows.malformed", "the column is there twice", at: Self.header(file, name))
                }
            }
            let missing = Column.allCases.filter { places[$0] == nil }.map(\.rawValue)
            for name in unknown {
                guard let near = nearestWord(to: name, among: missing) else { continue }
                throw Diagnostic(
                    "rows.unknown-column", "there is no such column", at: Self.header(file, name),
                    remedy: "did you mean \(near)?")
            }
            for column in Column.needed where places[column] == nil {
                throw Diagnostic(
                    "rows.no-column", "the column is missing", at: Self.header(file, column.rawValue),
                    expected: "the columns of the shipped rows, fixtures/measurements/README.md")
            }
        }

        subscript(column: Column) -> Int? { places[column] }

        private static func header(_ file: String, _ name: String) -> Diagnostic.Location {
            .init(file: file, line: 1, key: name)
        }
    }

    /// One row's cells by column.
    fileprivate struct Cells {
        var columns: Columns
        var line: Line
        var file: String

        func location(_ column: Column? = nil) -> Diagnostic.Location {
            .init(file: file, line: line.number, key: column?.rawValue)
        }

        func text(_ column: Column) -> String? {
            guard let place = columns[column] else { return nil }
            let text = line.cells[place].trimmingCharacters(in: .whitespaces)
            return text.isEmpty ? nil : text
        }

        func count(_ column: Column, in range: ClosedRange<Int>) throws(Diagnostic) -> Int? {
            guard let text = text(column) else { return nil }
            let number = Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
            guard let number, range.contains(number) else {
                throw wrong(column, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", text)
            }
            return number
        }

        func positive(_ column: Column) throws(Diagnostic) -> Double? {
            guard let text = text(column) else { return nil }
            guard let number = Double(text), number > 0, number <= 1e12 else {
                throw wrong(column, expected: "a positive number, at most 1e12", text)
            }
            return number
        }

        func flag(_ column: Column) throws(Diagnostic) -> Bool? {
            guard let text = text(column) else { return nil }
            switch text.lowercased() {
            case "true", "on", "1": return true
            case "false", "off", "0": return false
            default: throw wrong(column, expected: "True or False", text)
            }
        }

        func word<Word: RawRepresentable<String> & CaseIterable>(_ column: Column) throws(Diagnostic) -> Word? {
            guard let text = text(column) else { return nil }
            guard let word = Word(rawValue: text.lowercased()) else {
                let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw wrong(column, expected: "one of \(known), or nothing", text)
            }
            return word
        }

        private func wrong(_ column: Column, expected: String, _ found: String) -> Diagnostic {
            Diagnostic(
                "rows.wrong-value", "the value is not of this column's kind", at: location(column), expected: expected,
                found: "\"\(found)\"")
        }
    }

    /// Bounds keep products of sizes within an integer.
    private init(_ cells: Cells) throws(Diagnostic) {
        guard let id = cells.text(.id) else {
            throw Diagnostic("rows.wrong-value", "the row has no id", at: cells.location(.id), expected: "a name")
        }
        let degree = 1...1_000_000
        self.init(
            place: cells.location(), id: id, source: cells.text(.source) ?? "", hardware: cells.text(.hardware) ?? "",
            framework: cells.text(.framework) ?? "", notes: cells.text(.notes) ?? "",
            accelerators: try cells.count(.gpus, in: degree),
            acceleratorsPerNode: try cells.count(.gpusPerNode, in: 1...1024),
            layers: try cells.count(.layers, in: 1...10_000), hidden: try cells.count(.hidden, in: 1...1_000_000),
            heads: try cells.count(.heads, in: 1...65536),
            keyValueHeads: try cells.count(.keyValueHeads, in: 1...65536),
            ffn: try cells.count(.ffn, in: 1...4_000_000), sequenceLength: try cells.count(.seq, in: 1...1 << 24),
            vocabulary: try cells.count(.vocab, in: 1...1 << 24), tensor: try cells.count(.tensor, in: degree),
            pipeline: try cells.count(.pipeline, in: degree), interleave: try cells.count(.interleave, in: 1...10_000),
            data: try cells.count(.data, in: degree), zero: try cells.count(.zero, in: 0...3),
            microBatch: try cells.count(.microBatch, in: 1...65536),
            globalBatch: try cells.count(.globalBatch, in: 1...1 << 24),
            sequenceParallel: try cells.flag(.sequenceParallel), recompute: try cells.word(.recompute),
            precision: cells.text(.precision), secondsPerStep: try cells.positive(.seconds),
            teraflopsPerSecond: try cells.positive(.teraflops), memoryGiB: try cells.positive(.memory),
            ranOutOfMemory: try cells.flag(.outOfMemory) ?? false)
    }
}
