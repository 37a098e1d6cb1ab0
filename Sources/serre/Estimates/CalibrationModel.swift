import Diagnostics
import Estimation
import Numerics
import Recipes
import Simulation

/// A small model in whose training steps kernels are timed: shapes between those of a toy and of a real small model.
struct CalibrationModel {
    var recipe: String
    var layers, hidden, heads, sequence, vocabulary, batch, microBatch: Int
    var options: [String] = []

    var name: String { "\(recipe), \(hidden) wide, sequence \(sequence)" }

    static let all = [
        CalibrationModel("nano", 4, 64, 4, 32, 264, 16, 4), CalibrationModel("nano", 2, 128, 2, 128, 4096, 8, 8),
        CalibrationModel("nano", 2, 256, 4, 256, 8192, 4, 2), CalibrationModel("nano", 2, 512, 8, 256, 16384, 4, 4),
        CalibrationModel("nano", 2, 384, 6, 64, 1024, 16, 2), CalibrationModel("nano", 1, 1024, 16, 128, 8192, 4, 2),
        CalibrationModel("nano-llama", 4, 64, 4, 32, 264, 16, 4),
        CalibrationModel("nano-llama", 2, 128, 2, 64, 1024, 8, 4, ffn: 344),
        CalibrationModel("nano-llama", 2, 384, 6, 256, 8192, 4, 2, ffn: 1024),
        CalibrationModel("nano-gpt2", 4, 64, 4, 32, 264, 16, 4),
        CalibrationModel("nano-gpt2", 2, 192, 3, 128, 2048, 8, 2),
        CalibrationModel("nano", 2, 256, 4, 128, 4096, 8, 4, options: ["layout.tensor=2"]),
        CalibrationModel("nano-llama", 2, 256, 4, 128, 4096, 8, 2, ffn: 688, options: ["layout.tensor=2"]),
        CalibrationModel("nano", 2, 256, 4, 128, 4096, 8, 2, options: ["layout.data=2"]),
    ]

    init(
        _ recipe: String, _ layers: Int, _ hidden: Int, _ heads: Int, _ sequence: Int, _ vocabulary: Int, _ batch: Int,
        _ microBatch: Int, ffn: Int? = nil, options: [String] = []
    ) {
        self.recipe = recipe
        self.layers = layers
        self.hidden = hidden
        self.heads = heads
        self.sequence = sequence
        self.vocabulary = vocabulary
        self.batch = batch
        self.microBatch = microBatch
        self.options = options + (ffn.map { ["model.ffn=\($0)"] } ?? [])
    }

    private func load() throws(Diagnostic) -> Recipe {
        var lanes = 8
        while batch % lanes != 0 { lanes /= 2 }
        return try Recipe.load(
            recipe,
            overrides: [
                "model.layers=\(layers)", "model.hidden=\(hidden)", "model.heads=\(heads)",
                "model.sequence_length=\(sequence)", "model.vocabulary=\(vocabulary)",
                "model.padded_vocabulary=\(vocabulary)", "batch.global=\(batch)", "layout.micro_batch=\(microBatch)",
                "lanes=\(lanes)",
            ] + options)
    }

    /// The kernels of the model's steps, each with the median of its calls.
    func samples(workers: Int, steps: Int) throws(Diagnostic) -> [KernelRates.Sample] {
        let benchmark = try TrainingBenchmark(recipe: load(), workers: workers)
        _ = try benchmark.step()
        let kernels = try benchmark.kernels(steps: steps).compactMap { kernel in
            kernel.operation.rateKind.map { ($0, kernel.work, median(kernel.seconds), kernel.seconds.count) }
        }
        let total = kernels.reduce(0) { $0 + $1.2 * Double($1.3) }
        return kernels.map { kind, work, seconds, calls in
            KernelRates.Sample(kind: kind, work: work, seconds: seconds, share: seconds * Double(calls) / total)
        }
    }
}
