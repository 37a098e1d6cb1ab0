import Recipes

/// One parameter tensor as the model knows it, independent of any layout.
///
/// Every parameter is a row-major matrix (a vector has one row per element and one column). Tensor parallelism splits
/// rows only: projections back into the residual stream are therefore stored as [in, out], all others as [out, in].
public struct ParameterSpec: Sendable, Equatable {
    /// Hugging Face BLOOM's name, such as `h.3.mlp.dense_h_to_4h.weight`.
    public var name: String
    public var rows: Int
    public var columns: Int
    public var sharding: Sharding
    public var initialization: Initialization

    public enum Sharding: Sendable, Equatable {
        /// Rows are divided into the recipe's `segments`, which tensor ranks share out.
        case rows
        /// Every tensor rank holds all of it.
        case replicated
    }

    public enum Initialization: Sendable, Equatable {
        case zeros, ones
        case normal(standardDeviation: Double)
        /// Uniform on (−bound, bound).
        case uniform(bound: Double)
    }

    /// Whether it is a weight matrix, and not a bias or a norm's vector.
    public var isMatrix: Bool { columns > 1 }

    /// Elements of the whole tensor.
    public var count: Int { rows * columns }

    /// Number of A11 segments: the recipe's for a sharded tensor, one for a replicated one.
    public func segmentCount(_ segments: Int) -> Int { sharding == .rows ? segments : 1 }
}

/// The parameters of a model in model order: the order of norms, digests and checkpoints.
public struct ModelParameters: Sendable {
    public var embedding: ParameterSpec
    public var embeddingNorm: [ParameterSpec]
    public var layers: [[ParameterSpec]]
    public var finalNorm: [ParameterSpec]

    /// All of them, once each.
    public var all: [ParameterSpec] { [embedding] + embeddingNorm + layers.flatMap { $0 } + finalNorm }

    /// The BLOOM family: fused QKV with biases, ALiBi (no position parameters), tied head.
    public init(bloom model: Recipe.Model) {
        let h = model.hidden
        let std = model.initialStandardDeviation
        let scaled = Initialization.normal(standardDeviation: std / (2 * Double(model.layers)).squareRoot())
        typealias Initialization = ParameterSpec.Initialization
        func norm(_ name: String) -> [ParameterSpec] {
            [
                .init(name: name + ".weight", rows: h, columns: 1, sharding: .replicated, initialization: .ones),
                .init(name: name + ".bias", rows: h, columns: 1, sharding: .replicated, initialization: .zeros),
            ]
        }
        func column(_ name: String, _ width: Int) -> [ParameterSpec] {
            [
                .init(
                    name: name + ".weight", rows: width, columns: h, sharding: .rows,
                    initialization: .normal(standardDeviation: std)),
                .init(name: name + ".bias", rows: width, columns: 1, sharding: .rows, initialization: .zeros),
            ]
        }
        func row(_ name: String, _ width: Int) -> [ParameterSpec] {
            [
                .init(name: name + ".weight", rows: width, columns: h, sharding: .rows, initialization: scaled),
                .init(name: name + ".bias", rows: h, columns: 1, sharding: .replicated, initialization: .zeros),
            ]
        }
        // With a norm behind it, BLOOM's embedding starts uniform (Xavier), not normal.
        embedding = .init(
            name: "word_embeddings.weight", rows: model.paddedVocabulary, columns: h, sharding: .rows,
            initialization: .uniform(bound: (6 / Double(model.paddedVocabulary + h)).squareRoot()))
        embeddingNorm = norm("word_embeddings_layernorm")
        layers = (0..<model.layers).map { i in
            norm("h.\(i).input_layernorm")
                + column("h.\(i).self_attention.query_key_value", 3 * h)
                + row("h.\(i).self_attention.dense", h)
                + norm("h.\(i).post_attention_layernorm")
                + column("h.\(i).mlp.dense_h_to_4h", model.ffn)
                + row("h.\(i).mlp.dense_4h_to_h", model.ffn)
        }
        finalNorm = norm("ln_f")
    }

    public init(_ model: Recipe.Model) {
        switch model.family {
        case .bloom: self.init(bloom: model)
        }
    }
}
