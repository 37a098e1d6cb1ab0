import Diagnostics
import Numerics
import Tables

/// Where the time of a training step goes, operation by operation.
struct OperationSection {
    let model: BenchModel
    let workers: Int
    let steps: Int

    func run(_ report: BenchReport) throws {
        let benchmark = try TrainingBenchmark(recipe: model.recipe(), workers: workers)
        _ = try benchmark.step()
        let entries = try benchmark.operations(steps: steps)
        let total = entries.reduce(0) { $0 + $1.seconds }
        report.heading(
            "operations of a step, \(model.description), \(workers) workers: \(fixed(1000 * total / Double(steps), 1)) ms"
        )
        var table = TextTable(
            header: ["operation", "calls", "ms", "share", "GF/s", "GB/s"], numeric: [1, 2, 3, 4, 5])
        var lines: [Line] = []
        for entry in entries.sorted(by: { $0.seconds > $1.seconds }) {
            let line = Line(
                operation: entry.name, calls: entry.calls / steps, milliseconds: 1000 * entry.seconds / Double(steps),
                share: entry.seconds / total, gigaflops: 1e-9 * entry.work.matrixOperations / entry.seconds,
                gigabytesPerSecond: 1e-9 * entry.work.memoryBytes / entry.seconds)
            lines.append(line)
            table.rows.append(
                [
                    line.operation, "\(line.calls)", fixed(line.milliseconds, 3), fixed(100 * line.share, 1) + " %",
                    line.gigaflops > 0 ? fixed(line.gigaflops, 1) : "", fixed(line.gigabytesPerSecond, 1),
                ])
        }
        try report.show(table, lines)
    }

    private struct Line: Encodable {
        var operation: String
        var calls: Int
        var milliseconds, share, gigaflops, gigabytesPerSecond: Double

        enum CodingKeys: String, CodingKey {
            case operation, calls, milliseconds, share, gigaflops
            case gigabytesPerSecond = "gigabytes_per_second"
        }
    }
}
