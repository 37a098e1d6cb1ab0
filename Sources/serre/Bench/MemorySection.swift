import Diagnostics
import Numerics
import Tables

/// Peak memory of a training step beside the memory planner's figure and a peer's.
///
/// The planner knows the buffers; what kernels pack into comes beside them, some MiB per worker whatever the model.
struct MemorySection {
    let model: BenchModel
    let workers: Int
    let peer: String?

    func run(_ report: BenchReport) throws {
        let recipe = try model.recipe()
        let before = ResidentMemory.resetPeak()
        let codeBefore = ResidentMemory.fileBytes
        let benchmark = try TrainingBenchmark(recipe: recipe, workers: workers)
        for _ in 0..<2 { _ = try benchmark.step() }
        // Code that ran for the first time is no memory of the step, and there is more of it in a larger program.
        let code = ResidentMemory.fileBytes - codeBefore
        let grown = ResidentMemory.peakBytes - before
        let held = grown - code
        var peerBytes: Int?
        if let peer {
            let process = try PeerProcess(command: peer, arguments: model.peerArguments(threads: workers))
            for _ in 0..<2 { _ = try process.step() }
            peerBytes = try process.memoryBytes()
        }
        report.heading("memory of a step, \(model.description), \(workers) workers")
        let line = Line(
            model: model.rawValue, bytes: held, plannedBytes: benchmark.plannedBytes,
            scratchBytes: benchmark.scratchBytes,
            ratioToPlan: Double(held) / Double(benchmark.plannedBytes + benchmark.scratchBytes),
            peerBytes: peerBytes, ratioToPeer: peerBytes.map { Double(grown) / Double($0) })
        var table = TextTable(
            header: ["held", "planned", "kernels'", "ratio", "peer's", "ratio"], numeric: [0, 1, 2, 3, 4, 5])
        table.rows = [
            [
                bytesText(held), bytesText(line.plannedBytes), bytesText(line.scratchBytes),
                fixed(line.ratioToPlan, 3),
                peerBytes.map { bytesText($0) } ?? "", line.ratioToPeer.map { fixed($0, 2) } ?? "",
            ]
        ]
        try report.show(table, [line])
    }

    private struct Line: Encodable {
        var model: String
        var bytes, plannedBytes, scratchBytes: Int
        var ratioToPlan: Double
        var peerBytes: Int?
        var ratioToPeer: Double?

        enum CodingKeys: String, CodingKey {
            case model, bytes
            case plannedBytes = "planned_bytes"
            case scratchBytes = "scratch_bytes"
            case ratioToPlan = "ratio_to_plan"
            case peerBytes = "peer_bytes"
            case ratioToPeer = "ratio_to_peer"
        }
    }
}
