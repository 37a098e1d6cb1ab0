/// Rows of cells in aligned columns, for people.
struct TextTable {
    var header: [String]
    var rows: [[String]] = []
    /// Columns whose cells are numbers, aligned to the right.
    var numeric: Set<Int> = []

    /// The lines; the last column is not padded.
    var lines: [String] {
        let all = (header.isEmpty ? [] : [header]) + rows
        let columns = all.map { $0.count }.max() ?? 0
        let widths = (0..<columns).map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                if numeric.contains(column) { return space + cell }
                return column == row.count - 1 ? cell : cell + space
            }.joined(separator: "  ")
        }
    }
}
