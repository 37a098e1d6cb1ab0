/// Rows of cells in aligned columns, for people.
public struct TextTable: Sendable {
    public var header: [String]
    public var rows: [[String]]
    /// Columns whose cells are numbers, aligned to the right.
    public var numeric: Set<Int>

    /// A table without rows; an empty header takes no line.
    public init(header: [String], rows: [[String]] = [], numeric: Set<Int> = []) {
        (self.header, self.rows, self.numeric) = (header, rows, numeric)
    }

    /// The lines; the last column is not padded.
    public var lines: [String] {
        let all = (header.isEmpty ? [] : [header]) + rows
        // Characters are counted once: a list of 10,000 runs must not wait for its columns.
        let lengths = all.map { row in row.map(\.count) }
        var widths = [Int](repeating: 0, count: lengths.map(\.count).max() ?? 0)
        for row in lengths {
            for (column, length) in row.enumerated() where length > widths[column] { widths[column] = length }
        }
        let space = String(repeating: " ", count: widths.max() ?? 0)
        return zip(all, lengths).map { row, lengths in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = space.utf8.prefix(widths[column] - lengths[column])
                if column > 0 { line += "  " }
                if numeric.contains(column) {
                    line += Substring(padding)
                    line += cell
                } else {
                    line += cell
                    if column < row.count - 1 { line += Substring(padding) }
                }
            }
            return line
        }
    }

    /// The table with the last column's cells broken at spaces, so that no line is longer than `width` characters unless a
    /// word is.
    public func wrapped(to width: Int) -> TextTable {
        let last = max(header.count, rows.map(\.count).max() ?? 0) - 1
        guard last >= 0 else { return self }
        let before = (0..<last).map { column in
            (rows + [header]).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let room = max(width - before.reduce(0) { $0 + $1 + 2 }, 20)
        var table = self
        table.rows = rows.flatMap { row -> [[String]] in
            guard row.count == last + 1 else { return [row] }
            return Self.wrapped(row[last], width: room).enumerated().map { number, line in
                (number == 0 ? Array(row.dropLast()) : Array(repeating: "", count: last)) + [line]
            }
        }
        return table
    }

    /// Words of `text` in lines of at most `width` characters, unless a word is longer.
    public static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
