import ArgumentParser
import Diagnostics
import Numerics
import Recipes

/// The models whose training is measured.
enum BenchModel: String, ExpressibleByArgument, CaseIterable {
    case small, medium, large

    struct Shape {
        var layers, hidden, vocabulary, sequence, batch: Int
        var heads: Int { hidden / 64 }
        var tokens: Int { sequence * batch }
    }

    var shape: Shape {
        switch self {
        case .small: Shape(layers: 4, hidden: 128, vocabulary: 4096, sequence: 128, batch: 8)
        case .medium: Shape(layers: 8, hidden: 512, vocabulary: 16384, sequence: 256, batch: 4)
        case .large: Shape(layers: 12, hidden: 768, vocabulary: 32000, sequence: 512, batch: 2)
        }
    }

    /// Layers, width, vocabulary, sequence and batch, for people.
    var description: String {
        let s = shape
        return "\(rawValue) (\(s.layers) layers, \(s.hidden) wide, vocabulary \(s.vocabulary), sequence \(s.sequence), "
            + "batch \(s.batch))"
    }

    /// One rank, the whole batch in one micro-batch; `changes` override that.
    func recipe(_ changes: [String] = []) throws(Diagnostic) -> Recipe {
        let s = shape
        var lanes = 8
        while s.batch % lanes != 0 { lanes /= 2 }
        let overrides = [
            "model.layers=\(s.layers)", "model.hidden=\(s.hidden)", "model.heads=\(s.heads)",
            "model.sequence_length=\(s.sequence)", "model.vocabulary=\(s.vocabulary)",
            "model.padded_vocabulary=\(s.vocabulary)", "batch.global=\(s.batch)", "layout.micro_batch=\(s.batch)",
            "lanes=\(lanes)",
        ]
        var recipe = try Recipe.load("nano", overrides: overrides + changes)
        recipe.name = "bench-\(rawValue)"
        return recipe
    }

    /// The options that a peer is started with.
    func peerArguments(threads: Int) -> [String] {
        let s = shape
        return [
            "--layers", "\(s.layers)", "--hidden", "\(s.hidden)", "--heads", "\(s.heads)", "--vocabulary",
            "\(s.vocabulary)", "--sequence", "\(s.sequence)", "--batch", "\(s.batch)", "--threads", "\(threads)",
        ]
    }

    /// The products of a training step: the layer's four and the head, in each direction.
    var products: [(shape: ProductBenchmark.Shape, storage: ProductBenchmark.Storage)] {
        let s = shape
        let weights = [(3 * s.hidden, s.hidden), (4 * s.hidden, s.hidden), (s.vocabulary, s.hidden)]
        let stored = weights.flatMap { outputs, inputs -> [(ProductBenchmark.Shape, ProductBenchmark.Storage)] in
            [
                (.init(m: s.tokens, n: outputs, k: inputs), .nt), (.init(m: s.tokens, n: inputs, k: outputs), .nn),
                (.init(m: outputs, n: inputs, k: s.tokens), .tn),
            ]
        }
        // Rows of the attention's output projection lie the other way round.
        let square: [(ProductBenchmark.Shape, ProductBenchmark.Storage)] = [
            (.init(m: s.tokens, n: s.hidden, k: s.hidden), .nn), (.init(m: s.tokens, n: s.hidden, k: s.hidden), .nt),
            (.init(m: s.hidden, n: s.hidden, k: s.tokens), .tn),
        ]
        return stored + square
    }
}
