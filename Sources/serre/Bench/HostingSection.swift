import Diagnostics
import Foundation
import Numerics
import Recipes
import Tables

/// What hosting many ranks in one process costs, and what a second worker gains.
struct HostingSection {
    let repeats: Int

    /// A model that eight ranks can share in every way: the medium one, eight samples in micro-batches of one.
    private static let base = ["batch.global=8", "lanes=8", "layout.micro_batch=1"]

    private struct Case {
        var name: String
        var changes: [String]
        var workers: Int
        /// The case that it is measured against, and the bound on the quotient of the times.
        var beside: [String]
        var besideWorkers: Int
    }

    private static let cases = [
        Case(
            name: "tensor 2 × pipeline 4, beside one rank", changes: ["layout.tensor=2", "layout.pipeline=4"],
            workers: 1,
            beside: [], besideWorkers: 1),
        Case(
            name: "data 8 with ZeRO-1, beside one rank", changes: ["layout.data=8", "layout.zero=1"], workers: 1,
            beside: [],
            besideWorkers: 1),
        Case(name: "one rank, one worker beside two", changes: [], workers: 1, beside: [], besideWorkers: 2),
    ]

    func run(_ report: BenchReport) throws {
        report.heading("hosting, \(BenchModel.medium.description) with batch 8 in micro-batches of 1")
        var table = TextTable(header: ["what", "ms", "beside", "ratio"], numeric: [1, 2, 3])
        var lines: [Line] = []
        let load = MachineLoad()
        for c in Self.cases {
            let line = try measure(c)
            lines.append(line)
            table.rows.append([
                c.name, fixed(line.milliseconds, 1), fixed(line.besideMilliseconds, 1), fixed(line.ratio, 2),
            ])
        }
        try report.show(table, lines)
        report.remark(othersShare: load.shareOfOthers())
    }

    private func measure(_ c: Case) throws(Diagnostic) -> Line {
        let first = try TrainingBenchmark(
            recipe: BenchModel.medium.recipe(Self.base + c.changes), workers: c.workers)
        let second = try TrainingBenchmark(
            recipe: BenchModel.medium.recipe(Self.base + c.beside), workers: c.besideWorkers)
        _ = try first.step()
        _ = try second.step()
        var seconds: (first: [Double], second: [Double]) = ([], [])
        for _ in 0..<repeats {
            seconds.first.append(try first.step())
            seconds.second.append(try second.step())
        }
        let (own, beside) = (median(seconds.first), median(seconds.second))
        return Line(what: c.name, milliseconds: 1000 * own, besideMilliseconds: 1000 * beside, ratio: own / beside)
    }

    private struct Line: Encodable {
        var what: String
        var milliseconds, besideMilliseconds, ratio: Double

        enum CodingKeys: String, CodingKey {
            case what, milliseconds, ratio
            case besideMilliseconds = "beside_milliseconds"
        }
    }
}
