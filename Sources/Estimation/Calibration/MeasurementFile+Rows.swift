import Diagnostics
import Recipes

/// Step times in the wide form of the shipped rows (``MeasuredRow``), where each row says its model and layout itself.
extension MeasurementFile {
    /// A row that nothing is fitted to, and why.
    public struct SkippedRow: Sendable, Equatable, Encodable {
        public var file: String
        public var line: Int?
        public var id: String
        public var reason: String
    }

    /// The rows that a fit can use; those that serre validate would leave out as well are skipped with the reason.
    ///
    /// Throws `calibrate.no-measurements` if none is left.
    func rows() throws(Diagnostic) -> Reading {
        let rows = try MeasuredRow.parse(text, file: path).rows
        var reading = Reading()
        for row in rows {
            do throws(RowExclusion) {
                reading.measurements.append(try measurement(row, among: rows))
            } catch {
                reading.skipped.append(
                    SkippedRow(file: path, line: row.place.line, id: row.id, reason: error.reason))
            }
        }
        guard reading.measurements.isEmpty, let first = reading.skipped.first else { return reading }
        let count = rows.count
        throw Diagnostic(
            "calibrate.no-measurements",
            count == 1 ? "the row cannot be fitted to: \(first.reason)" : "none of the \(count) rows can be fitted to",
            at: .init(file: path, line: first.line),
            found: count == 1 ? nil : "in the first, \(first.id), that \(first.reason)", remedy: "complete the rows")
    }

    private func measurement(_ row: MeasuredRow, among rows: [MeasuredRow]) throws(RowExclusion) -> MeasuredTime {
        let run = try MeasuredRun(row, among: rows)
        guard let layout = run.layouts.first else { throw RowExclusion("it has no layout") }
        guard let seconds = row.secondsPerStep else { throw RowExclusion("the seconds per step are not stated") }
        let recipe = run.recipe(layout, samples: run.batch)
        do throws(Diagnostic) {
            try recipe.validate()
        } catch {
            throw RowExclusion(error.description)
        }
        return MeasuredTime(.step(recipe), seconds: seconds, label: row.id, file: path, line: row.place.line)
    }
}
