/// How cells are written and set.
extension TextCorpusReport {
    /// Aligned columns: the first `leading` and the last `trailing` to the left, numbers to the right.
    func columns(_ rows: [[String]], leading: Int = 1, trailing: Int = 0) -> [String] {
        let count = rows.first?.count ?? 0
        let widths = (0..<count).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                if column >= count - trailing { return cell }
                return column < leading ? cell + space : space + cell
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    func number(_ value: Int) -> String { value == 0 ? "-" : grouped(value) }

    func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }

    func grouped(_ value: Int) -> String {
        var digits = String(value)
        var result = ""
        while digits.count > 3 {
            result = "," + digits.suffix(3) + result
            digits.removeLast(3)
        }
        return digits + result
    }

    /// Bytes with three or four digits and a decimal unit.
    func short(_ bytes: Int) -> String {
        let units = ["", " kB", " MB", " GB", " TB", " PB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 9_999.5, unit + 1 < units.count { (value, unit) = (value / 1000, unit + 1) }
        if unit == 0 { return grouped(bytes) }
        return FixedPoint.text(value, digits: value < 99.95 ? 1 : 0) + units[unit]
    }
}
