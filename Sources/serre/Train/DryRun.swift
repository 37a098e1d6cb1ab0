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
    let corpus: any TokenSource
    let samples: SampleSource
    let processes: Int
    /// Matrix operations per second that this process was just seen to reach.
    let operationsPerSecond: Double
    /// Where checkpoints will go.
    let output: String
    /// `nil` when the run is not recorded.
    let record: RecordPlan?

    var lines: [String] {
        let plans = programs.map { MemoryPlan($0) }
        let total = plans.reduce(0) { $0 + $1.totalBytes }
        let largest = plans.max { $0.totalBytes < $1.totalBytes }
        let state = recipe.parameterCount * 12
        let tokens = recipe.plannedSamples * recipe.model.sequenceLength
        let l = recipe.layout
        return [
            "recipe      \(recipe.name): \(grouped(recipe.parameterCount)) parameters",
            "layout      tensor \(l.tensor) × pipeline \(l.pipeline) × data \(l.data), micro-batch \(l.microBatch), "
                + "\(l.schedule.rawValue), ZeRO-\(l.zero), recompute \(l.recompute.rawValue), on \(processes) process\(processes == 1 ? "" : "es")",
            "programs    \(programs.count) checked: no problem found",
            "memory      \(bytesText(total)) in all; largest rank "
                + (largest.map { bytesText($0.totalBytes) } ?? "0") + available(needed: total),
            "            "
                + (largest?.bytes.map { "\($0.kind.rawValue) \(bytesText($0.bytes))" }.joined(separator: ", ") ?? ""),
            "disk        \(bytesText(state)) per checkpoint, \(recipe.checkpoint.keepLast) kept"
                + freeDisk(needed: state * (recipe.checkpoint.keepLast + 1)),
            "saving      " + saving,
            "data        \(counted(corpus.languages.count, "language")), \(grouped(corpus.trainTokenCount)) tokens; the run reads "
                + "\(grouped(tokens)) (\(fixed(Double(tokens) / Double(max(corpus.trainTokenCount, 1)), 2)) epochs)",
        ] + sampling + [
            "steps       \(recipe.plannedSteps) of "
                + (recipe.batch.growth.map { "\($0.start) to " } ?? "") + "\(recipe.batch.global) samples",
            "time        at least \(clock(seconds)): \(significant(operations * Double(recipe.plannedSamples) / Double(recipe.batch.global))) operations at "
                + "\(significant(operationsPerSecond * Double(processes) / 1e9)) GFLOP/s, as just measured",
        ] + (record?.lines ?? ["record      none"]) + ["promise     \(promise)"]
    }

    /// How often training reads each language of token files.
    private var sampling: [String] {
        let cells = samples.visits(ofFirst: recipe.plannedSamples).compactMap { visits in
            visits.language.map { language in
                let share = 100 * Double(visits.samples) / Double(max(recipe.plannedSamples, 1))
                let epochs = Double(visits.samples) / Double(visits.windows)
                return "\(language) \(fixed(share, 2)) % (\(fixed(epochs, 2)) epochs)"
            }
        }
        return stride(from: 0, to: cells.count, by: 3).map { first in
            (first == 0 ? "sampling    " : "            ")
                + cells[first..<min(first + 3, cells.count)].joined(separator: ", ")
        }
    }

    /// Bytes of the copies of the state that saving in the background needs, all processes together.
    private var copyBytes: Int {
        recipe.checkpoint.asynchronous && recipe.checkpoint.everySteps > 0 ? recipe.parameterCount * 12 : 0
    }

    private var saving: String {
        guard recipe.checkpoint.everySteps > 0 else { return "at the end, while training waits" }
        let every = "every \(recipe.checkpoint.everySteps) steps"
        return copyBytes == 0
            ? "\(every), while training waits"
            : "\(every), in the background: \(bytesText(copyBytes)) more memory in all meanwhile"
    }

    /// Matrix operations of one step, all ranks together.
    private var operations: Double {
        programs.reduce(0.0) { sum, program in
            let perPass = program.passes.map { $0.instructions.reduce(0.0) { $0 + $1.work().matrixOperations } }
            return sum + program.actions.reduce(0.0) { $0 + perPass[$1.pass] }
        }
    }

    private var seconds: Double {
        operations * Double(recipe.plannedSamples) / Double(recipe.batch.global)
            / (operationsPerSecond * Double(processes))
    }

    /// What the kernel says is available, and a warning when it is not enough.
    private func available(needed: Int) -> String {
        guard let available = HostMemory.availableBytes else { return "" }
        return "; \(bytesText(available)) available" + (available < needed ? ": NOT ENOUGH" : "")
    }

    private func freeDisk(needed: Int) -> String {
        let place = FileManager.default.fileExists(atPath: output) ? output : "."
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: place)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue else { return "" }
        return "; \(bytesText(free)) free" + (free < needed ? ": NOT ENOUGH" : "")
    }

    /// The same as one JSON object.
    func json() throws(Diagnostic) -> String {
        let totals = programs.map { MemoryPlan($0).totalBytes }
        return try Console.json(
            Object(
                recipe: recipe.name, parameters: recipe.parameterCount, ranks: programs.count, processes: processes,
                steps: recipe.plannedSteps,
                tokens: recipe.plannedSamples * recipe.model.sequenceLength,
                corpusTokens: corpus.trainTokenCount, memoryBytes: totals.reduce(0, +),
                largestRankBytes: totals.max() ?? 0, saveCopyBytes: copyBytes,
                checkpointBytes: recipe.parameterCount * 12,
                checkpointsKept: recipe.checkpoint.keepLast, untrackedFiles: record?.untracked.files.count ?? 0,
                untrackedBytes: record?.untracked.bytes ?? 0, seconds: seconds, promise: promise))
    }

    private struct Object: Encodable {
        var recipe: String
        var parameters, ranks, processes, steps, tokens, corpusTokens, memoryBytes, largestRankBytes: Int
        var saveCopyBytes: Int
        var checkpointBytes, checkpointsKept: Int
        var untrackedFiles, untrackedBytes: Int
        var seconds: Double
        var promise: String

        enum CodingKeys: String, CodingKey {
            case recipe, parameters, ranks, processes, steps, tokens, seconds, promise
            case corpusTokens = "corpus_tokens"
            case memoryBytes = "memory_bytes"
            case largestRankBytes = "largest_rank_bytes"
            case saveCopyBytes = "save_copy_bytes"
            case checkpointBytes = "checkpoint_bytes"
            case checkpointsKept = "checkpoints_kept"
            case untrackedFiles = "untracked_files"
            case untrackedBytes = "untracked_bytes"
        }
    }

    private var promise: String {
        switch recipe.numerics {
        case .exact1:
            "exact-1: the same digest on every layout, host count, worker count and processor"
        case .blas: "blas: repeatable on the same layout with the same OpenBLAS kernels only"
        }
    }
}
