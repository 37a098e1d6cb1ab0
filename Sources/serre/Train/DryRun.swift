import Corpora
import Diagnostics
import Foundation
import Programs
import Recipes
import Training

/// What a run would need and promise, said without running it.
struct DryRun {
    let recipe: Recipe
    let programs: [Program]
    let corpus: Corpus
    let processes: Int

    var lines: [String] {
        let plans = programs.map { MemoryPlan($0) }
        let total = plans.reduce(0) { $0 + $1.totalBytes }
        let largest = plans.max { $0.totalBytes < $1.totalBytes }
        let state = recipe.parameterCount * 12
        let tokens = recipe.plannedSteps * recipe.batch.global * recipe.model.sequenceLength
        let l = recipe.layout
        return [
            "recipe      \(recipe.name): \(grouped(recipe.parameterCount)) parameters",
            "layout      tensor \(l.tensor) × pipeline \(l.pipeline) × data \(l.data), micro-batch \(l.microBatch), "
                + "\(l.schedule.rawValue), ZeRO-\(l.zero), on \(processes) process\(processes == 1 ? "" : "es")",
            "programs    \(programs.count) checked: no problem found",
            "memory      \(bytesText(total)) on this machine; largest rank "
                + (largest.map { bytesText($0.totalBytes) } ?? "0"),
            "            "
                + (largest?.bytes.map { "\($0.kind.rawValue) \(bytesText($0.bytes))" }.joined(separator: ", ") ?? ""),
            "disk        \(bytesText(state)) per checkpoint, \(recipe.checkpoint.keepLast) kept",
            "data        \(corpus.languages.count) languages, \(grouped(corpus.trainTokenCount)) tokens; the run reads "
                + "\(grouped(tokens)) (\(fixed(Double(tokens) / Double(max(corpus.trainTokenCount, 1)), 2)) epochs)",
            "steps       \(recipe.plannedSteps) of \(recipe.batch.global) samples",
            "promise     \(promise)",
        ]
    }

    private var promise: String {
        switch recipe.numerics {
        case .exact1:
            "exact-1: the same digest on every layout, host count, worker count and processor"
        case .blas: "blas: repeatable on the same layout with the same OpenBLAS kernels only"
        }
    }
}
