import Diagnostics
import Foundation
import Recipes

/// Reads a file of measurements: step times, a table of products, or the log of an all-reduce test, told by its content.
public struct MeasurementFile {
    let path: String
    let text: String
    /// Makes a recipe from its name or path and the command line's options.
    let recipe: (_ name: String, _ options: [String]) throws(Diagnostic) -> Recipe

    /// Throws `calibrate.unreadable`.
    public init(
        _ path: String, recipe: @escaping (_ name: String, _ options: [String]) throws(Diagnostic) -> Recipe
    ) throws(Diagnostic) {
        guard let data = FileManager.default.contents(atPath: path), let text = String(bytes: data, encoding: .utf8)
        else { throw Diagnostic("calibrate.unreadable", "the file cannot be read as text", at: .init(file: path)) }
        self.init(path, text: text, recipe: recipe)
    }

    init(
        _ path: String, text: String,
        recipe: @escaping (_ name: String, _ options: [String]) throws(Diagnostic) -> Recipe
    ) {
        self.path = path
        self.text = text
        self.recipe = recipe
    }

    /// What a file holds.
    public struct Reading: Sendable {
        /// In the order of the file.
        public var measurements: [MeasuredTime] = []
        /// Rows that nothing can be fitted to.
        public var skipped: [SkippedRow] = []

        public init() {}
    }

    /// The measurements, and the rows of published steps that lack what a fit needs.
    ///
    /// Throws `calibrate.` errors with file and line: `unknown-format`, `malformed`, `wrong-value`, `no-measurements`, and
    /// what a recipe's reading throws.
    public func read() throws(Diagnostic) -> Reading {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        var reading = Reading()
        if lines.contains(where: { $0.contains("algbw") }) || lines.first?.hasPrefix("#") == true {
            reading.measurements = try allReduces(lines)
        } else if lines.first?.contains("seconds_per_iteration") == true {
            reading = try rows()
        } else {
            let table = try MeasurementTable(lines, file: path)
            if table.has("recipe"), table.has("seconds") {
                reading.measurements = try steps(table)
            } else if table.has("m"), table.has("n"), table.has("k") {
                reading.measurements = try products(table)
            } else {
                throw unknownFormat(table)
            }
        }
        guard !reading.measurements.isEmpty else {
            throw Diagnostic("calibrate.no-measurements", "the file has no rows", at: .init(file: path))
        }
        return reading
    }

    private func unknownFormat(_ table: MeasurementTable) -> Diagnostic {
        Diagnostic(
            "calibrate.unknown-format", "the columns are of no kind of measurement", at: .init(file: path, line: 1),
            expected:
                "recipe,options,seconds, or m,n,k,precision,seconds, or those of serre validate --rows, or the output "
                + "of all_reduce_perf",
            found: table.columns.prefix(8).joined(separator: ","))
    }

    private func steps(_ table: MeasurementTable) throws(Diagnostic) -> [MeasuredTime] {
        try table.expect(["recipe", "seconds"], optional: ["options"])
        var found: [MeasuredTime] = []
        for row in table.rows {
            let name = try row.text("recipe")
            let options = row.cells["options"] ?? ""
            let made: Recipe
            do throws(Diagnostic) {
                made = try recipe(name, options.split(separator: " ").map(String.init))
            } catch {
                throw row.wrap(error)
            }
            found.append(
                MeasuredTime(
                    .step(made), seconds: try row.positive("seconds"),
                    label: options.isEmpty ? name : "\(name) \(options)", file: path, line: row.line))
        }
        return found
    }

    private func products(_ table: MeasurementTable) throws(Diagnostic) -> [MeasuredTime] {
        try table.expect(["m", "n", "k"], optional: ["precision", "seconds", "tflops"])
        guard table.has("seconds") != table.has("tflops") else {
            throw Diagnostic(
                "calibrate.malformed", "the table needs one column that says how fast", at: .init(file: path, line: 1),
                expected: "seconds or tflops, not both")
        }
        var found: [MeasuredTime] = []
        for row in table.rows {
            let (m, n, k) = (try row.count("m"), try row.count("n"), try row.count("k"))
            let word = row.cells["precision"] ?? Recipe.Precision.float32.rawValue
            guard let precision = Recipe.Precision(rawValue: word) else {
                throw row.wrong("precision", expected: "float32, bfloat16, float16 or float8")
            }
            let seconds =
                table.has("seconds")
                ? try row.positive("seconds")
                : 2 * Double(m) * Double(n) * Double(k) / (try row.positive("tflops") * 1e12)
            found.append(
                MeasuredTime(
                    .product(m: m, n: n, k: k, precision), seconds: seconds,
                    label: "product \(m) × \(n) × \(k) \(word)", file: path, line: row.line))
        }
        return found
    }
}
