import ArgumentParser
import Diagnostics
import Evaluation
import Foundation
import Tables
import Training

extension EvaluateCommand {
    struct Compare: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare two models item by item: by how much they differ, and whether that is more than chance.",
            discussion: """
                Examples:
                  serre evaluate compare one.json other.json
                  serre evaluate compare 20260101-120000-demo-0a1b 20260102-090000-demo-77f0

                A result is a file that serre evaluate wrote, or a run whose record has results. Accuracies are compared by \
                McNemar's exact test, other figures by a paired bootstrap of 1,000 draws. Where many figures are looked at, \
                some differ by chance: 1 in 20 has p < 0.05 between models that are as good.
                """)
        @Argument(help: "A file of results, or a run.", completion: .file())
        var first: String
        @Argument(help: "The same of the other model.", completion: .file())
        var second: String
        @Flag(help: "Show figures also by language.")
        var byLanguage = false
        @Option(help: "Seed of the draws of the bootstrap.")
        var seed: UInt64 = 0
        @Flag(help: "Print one JSON line per figure.")
        var json = false

        func run() throws {
            let (one, other) = (try Self.result(first), try Self.result(second))
            let comparison = try PairedComparison(one, other, seed: seed, byLanguage: byLanguage)
            for text in comparison.leftOut { Console.warn(text) }
            if json {
                for row in comparison.rows { try Console.printJSON(Line(row)) }
                return
            }
            for (letter, model) in [("A", one.model), ("B", other.model)] {
                Console.print("\(letter)  \(model.name), step \(model.step)")
                Console.print("   \(model.stateDigest)")
            }
            for suite in Set(comparison.rows.map(\.suite)).sorted() {
                Console.print("")
                Console.print(suite)
                for line in table(comparison.rows.filter { $0.suite == suite }).lines { Console.print(line) }
            }
        }

        private static func result(_ name: String) throws(Diagnostic) -> EvaluationResult {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
                return try EvaluationRecord.read(name)
            }
            // A run's folder means its record.
            if isFolder.boolValue { return try EvaluationRecord.read(RunFolder(name)) }
            return try EvaluationResult(json: FileManager.default.contents(atPath: name) ?? Data(), file: name)
        }

        private func table(_ rows: [PairedComparison.Row]) -> TextTable {
            let group = byLanguage ? ["language"] : []
            let first = 2 + group.count
            var table = TextTable(
                header: ["task"] + group + ["metric", "A", "B", "B − A", "95 % interval", "p"],
                numeric: [first, first + 1, first + 2, first + 4])
            for row in rows {
                let text = EvaluationText.text
                table.rows.append(
                    [row.task] + group.map { _ in row.language ?? "all" } + [
                        row.metric, text(row.first), text(row.second), text(row.difference),
                        row.interval.map { "\(text($0.low)) to \(text($0.high))" } ?? "-",
                        String(format: "%.3f", row.probability),
                    ])
            }
            return table
        }

        private struct Line: Encodable {
            var suite, task, metric: String
            var language: String?
            var first, second, difference: Double
            var low, high: Double?
            var p: Double
            var test: String
            var items: Int
            var better: String

            init(_ row: PairedComparison.Row) {
                (suite, task, metric, language) = (row.suite, row.task, row.metric, row.language)
                (first, second, difference, p) = (row.first, row.second, row.difference, row.probability)
                (low, high, test) = (row.interval?.low, row.interval?.high, row.test.rawValue)
                (items, better) = (row.items, row.better.rawValue)
            }
        }
    }
}
