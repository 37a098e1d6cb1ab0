import Diagnostics
import Foundation
import Numerics
import Tables

/// Training steps beside a peer's in turns; without a peer, beside the same steps with OpenBLAS's products.
struct TrainingSection {
    let model: BenchModel
    let workers: Int
    let repeats: Int
    let peer: String?

    func run(_ report: BenchReport) throws {
        let benchmark = try TrainingBenchmark(recipe: model.recipe(), workers: workers)
        let other = try makeOther()
        report.heading("training, \(model.description), \(workers) workers, beside \(other.name)")
        _ = try benchmark.step()
        _ = try other.step()
        var seconds: (own: [Double], other: [Double]) = ([], [])
        let load = MachineLoad(peer: other.process)
        for _ in 0..<repeats {
            pause()
            seconds.own.append(try benchmark.step())
            pause()
            seconds.other.append(try other.step())
        }
        let share = load.shareOfOthers()
        let tokens = Double(benchmark.tokensPerStep)
        let (own, theirs) = (median(seconds.own), median(seconds.other))
        let ratios = zip(seconds.own, seconds.other).map { $1 / $0 }
        let line = Line(
            model: model.rawValue, workers: workers, peer: other.name, tokensPerSecond: tokens / own,
            peerTokensPerSecond: tokens / theirs, ratio: theirs / own, medianOfTurnRatios: median(ratios),
            othersShare: share)
        var table = TextTable(
            header: ["tokens/s", "peer's tokens/s", "ratio", "ratio by turn"], numeric: [0, 1, 2, 3])
        table.rows = [
            [
                fixed(line.tokensPerSecond, 0), fixed(line.peerTokensPerSecond, 0), fixed(line.ratio, 2),
                fixed(line.medianOfTurnRatios, 2),
            ]
        ]
        try report.show(table, [line])
        report.remark(othersShare: share)
    }

    /// Idle threads of the side that has just worked look for more work for some milliseconds.
    private func pause() { Thread.sleep(forTimeInterval: 0.02) }

    private func makeOther() throws(Diagnostic) -> Other {
        if let peer {
            let process = try PeerProcess(command: peer, arguments: model.peerArguments(threads: workers))
            return Other(name: process.description, process: process.identifier) { () throws(Diagnostic) in
                try process.step()
            }
        }
        let blas = try TrainingBenchmark(recipe: try model.recipe(), workers: workers, products: .fastestBLAS)
        return Other(name: "OpenBLAS's products", process: nil) { () throws(Diagnostic) in try blas.step() }
    }

    private struct Other {
        var name: String
        var process: Int32?
        var step: () throws(Diagnostic) -> Double
    }

    private struct Line: Encodable {
        var model: String
        var workers: Int
        var peer: String
        var tokensPerSecond, peerTokensPerSecond, ratio, medianOfTurnRatios, othersShare: Double

        enum CodingKeys: String, CodingKey {
            case model, workers, peer, ratio
            case tokensPerSecond = "tokens_per_second"
            case peerTokensPerSecond = "peer_tokens_per_second"
            case medianOfTurnRatios = "median_of_turn_ratios"
            case othersShare = "others_share"
        }
    }
}
