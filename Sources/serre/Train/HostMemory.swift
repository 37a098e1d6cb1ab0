import Diagnostics
import Foundation
import Programs
import Recipes

/// The memory of this machine, as its kernel counts it.
enum HostMemory {
    /// Bytes that programs can still have; `nil` where the system does not tell.
    static var availableBytes: Int? { bytes("MemAvailable") }

    /// Refuses a run whose ranks in this process need more than the machine has left, swap space included: it would end in
    /// the midst of it, without a word.
    static func require(_ recipe: Recipe, ranks: Range<Int>) throws(Diagnostic) {
        guard let available = availableBytes else { return }
        let limit = available + (bytes("SwapFree") ?? 0)
        var needed = 0
        for rank in ranks {
            let coordinate = Coordinate(rank: rank, in: recipe.layout)
            needed += MemoryPlan(try Lowering.program(recipe, at: coordinate)).totalBytes
            guard needed <= limit else { throw refusal(needed, limit, ranks, upTo: rank) }
        }
    }

    private static func refusal(_ needed: Int, _ limit: Int, _ ranks: Range<Int>, upTo rank: Int) -> Diagnostic {
        let some = rank == ranks.upperBound - 1 ? "" : "the first \(rank - ranks.lowerBound + 1) of "
        return Diagnostic(
            "train.memory", "the run does not fit the memory of this machine",
            expected: "at most \(bytesText(limit))", found: "\(bytesText(needed)) for \(some)\(ranks.count) ranks",
            remedy:
                "spread the ranks over more machines, or make the model or its samples smaller; --dry-run tells what "
                + "needs how much")
    }

    private static func bytes(_ key: String) -> Int? {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
