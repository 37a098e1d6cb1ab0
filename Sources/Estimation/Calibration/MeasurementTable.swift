import Diagnostics

/// A table of comma-separated values with a header; cells may be quoted.
struct MeasurementTable {
    let file: String
    let columns: [String]
    private(set) var rows: [Row] = []

    struct Row {
        let file: String
        let line: Int
        let cells: [String: String]

        func text(_ column: String) throws(Diagnostic) -> String {
            guard let text = cells[column], !text.isEmpty else { throw wrong(column, expected: "a value") }
            return text
        }

        func positive(_ column: String) throws(Diagnostic) -> Double {
            guard let value = Double(try text(column)), value > 0, value < 1e15 else {
                throw wrong(column, expected: "a number above 0")
            }
            return value
        }

        func count(_ column: String) throws(Diagnostic) -> Int {
            guard let value = Int(try text(column)), (1...1 << 30).contains(value) else {
                throw wrong(column, expected: "a whole number from 1 to 1073741824")
            }
            return value
        }

        func wrong(_ column: String, expected: String) -> Diagnostic {
            Diagnostic(
                "calibrate.wrong-value", "the cell is not what its column says",
                at: .init(file: file, line: line, key: column), expected: expected, found: "\"\(cells[column] ?? "")\"")
        }

        /// A problem of what the row names, told at the row's place.
        func wrap(_ problem: Diagnostic) -> Diagnostic {
            var located = problem
            if let inner = problem.location?.file, inner != file { located.message = "\(inner): \(problem.message)" }
            located.location = .init(file: file, line: line, key: problem.location?.key)
            return located
        }
    }

    /// Throws `calibrate.malformed` for rows of another length than the header and for open quotes.
    init(_ lines: [String], file: String) throws(Diagnostic) {
        self.file = file
        guard let header = lines.first, !header.isEmpty else {
            throw Diagnostic(
                "calibrate.malformed", "the file has no header", at: .init(file: file, line: 1),
                expected: "recipe,options,seconds or m,n,k,precision,seconds")
        }
        columns = try Self.cells(header, file: file, line: 1)
        for (place, column) in columns.enumerated() where columns[..<place].contains(column) {
            throw Diagnostic(
                "calibrate.malformed", "the column is there twice", at: .init(file: file, line: 1, key: column))
        }
        for (index, line) in lines.enumerated().dropFirst() where !line.allSatisfy(\.isWhitespace) {
            let cells = try Self.cells(line, file: file, line: index + 1)
            guard cells.count == columns.count else {
                throw Diagnostic(
                    "calibrate.malformed", "the row has another number of cells than the header",
                    at: .init(file: file, line: index + 1), expected: "\(columns.count)", found: "\(cells.count)")
            }
            let named = Dictionary(uniqueKeysWithValues: zip(columns, cells))
            rows.append(Row(file: file, line: index + 1, cells: named))
        }
    }

    func has(_ column: String) -> Bool { columns.contains(column) }

    /// Throws for a column that is missing or not known.
    func expect(_ needed: [String], optional: [String]) throws(Diagnostic) {
        let known = needed + optional
        for column in columns where !known.contains(column) {
            throw Diagnostic(
                "calibrate.unknown-column", "there is no such column", at: .init(file: file, line: 1, key: column),
                expected: known.joined(separator: ", "),
                remedy: nearestWord(to: column, among: known).map { "did you mean \($0)?" })
        }
        for column in needed where !has(column) {
            throw Diagnostic(
                "calibrate.malformed", "the column is missing", at: .init(file: file, line: 1, key: column))
        }
    }

    private static func cells(_ line: String, file: String, line number: Int) throws(Diagnostic) -> [String] {
        var cells = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: cells.append("")
            default: cells[cells.count - 1].append(character)
            }
        }
        guard !isQuoted else {
            throw Diagnostic(
                "calibrate.malformed", "a quoted cell does not end on its line", at: .init(file: file, line: number))
        }
        return cells.map { cell in
            let inner = cell.drop { $0.isWhitespace }
            return String(inner.reversed().drop { $0.isWhitespace }.reversed())
        }
    }
}
