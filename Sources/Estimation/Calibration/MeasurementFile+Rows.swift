import Diagnostics
import Recipes

/// Step times in the wide form of the shipped rows (``MeasuredRow``), where each row says its model and layout itself.
extension MeasurementFile {
    /// A row that serre validate would leave out is refused with the reason, since every row of a fit must count.
    func rows() throws(Diagnostic) -> [MeasuredTime] {
        let rows = try MeasuredRow.parse(text, file: path).rows
        var found: [MeasuredTime] = []
        for row in rows {
            let run: MeasuredRun
            do {
                run = try MeasuredRun(row, among: rows)
            } catch {
                throw Diagnostic(
                    "calibrate.unusable-row", "the row cannot be fitted to: \(error.reason)", at: row.place,
                    remedy: "complete it or leave it out")
            }
            guard let layout = run.layouts.first, let seconds = row.secondsPerStep else {
                throw Diagnostic("calibrate.unusable-row", "the row has no layout or no time", at: row.place)
            }
            let recipe = run.recipe(layout, samples: run.batch)
            do throws(Diagnostic) {
                try recipe.validate()
            } catch {
                var located = error
                located.location = .init(file: row.place.file, line: row.place.line, key: error.location?.key)
                throw located
            }
            found.append(
                MeasuredTime(
                    .step(recipe), seconds: seconds, label: row.id, file: path, line: row.place.line))
        }
        return found
    }
}
