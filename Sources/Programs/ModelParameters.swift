import Recipes

/// The parameters of a model in model order: the order of norms, digests and checkpoints.
public struct ModelParameters: Sendable {
    public var embedding: ParameterSpec
    /// Between the embedding and the layers: BLOOM's norm, GPT-2's positions.
    public var beforeLayers: [ParameterSpec]
    public var layers: [[ParameterSpec]]
    /// The final norm, and the head where it has weights of its own.
    public var afterLayers: [ParameterSpec]

    /// All of them, once each.
    public var all: [ParameterSpec] { [embedding] + beforeLayers + layers.flatMap { $0 } + afterLayers }

    /// A part of the model whose parameters are used together.
    public enum Unit: Sendable, Hashable {
        case embedding, start
        case layer(Int)
        case end
    }

    /// The part that the parameter at a place in model order belongs to.
    public func unit(of index: Int) -> Unit {
        let perLayer = layers.first?.count ?? 0
        switch index - 1 - beforeLayers.count {
        case let place where place < 0: return index == 0 ? .embedding : .start
        case let place where place < layers.count * perLayer: return .layer(place / perLayer)
        default: return .end
        }
    }

    public init(_ model: Recipe.Model) {
        let builder = ParameterBuilder(model: model, architecture: Architecture(model))
        embedding = builder.embedding
        beforeLayers = builder.beforeLayers
        layers = (0..<model.layers).map(builder.layer)
        afterLayers = builder.afterLayers
    }
}

/// Names and shapes of a model's parameters, as its architecture has them.
private struct ParameterBuilder {
    let model: Recipe.Model
    let architecture: Architecture

    private var width: Int { model.hidden }
    private var names: Architecture.Names { architecture.names }
    private var normal: ParameterSpec.Initialization { .normal(standardDeviation: model.initialStandardDeviation) }
    private var projection: ParameterSpec.Initialization {
        guard architecture.scalesProjections else { return normal }
        return .normal(standardDeviation: model.initialStandardDeviation / (2 * Double(model.layers)).squareRoot())
    }

    var embedding: ParameterSpec {
        .init(
            name: names.embedding + ".weight", rows: model.paddedVocabulary, columns: width, sharding: .rows,
            initialization: architecture.embeddingStart)
    }

    var beforeLayers: [ParameterSpec] {
        let positions = ParameterSpec(
            name: names.positions + ".weight", rows: model.sequenceLength, columns: width, sharding: .replicated,
            initialization: normal)
        return (architecture.positions == .learned ? [positions] : [])
            + (architecture.normsEmbedding ? norm(names.embeddingNorm) : [])
    }

    func layer(_ layer: Int) -> [ParameterSpec] {
        func name(_ part: KeyPath<Architecture.Names, String>) -> String { architecture.inBlock(layer, part) }
        return norm(name(\.attentionNorm))
            + column(name(\.attentionInput), model.attentionWidth)
            + row(name(\.attentionOutput), model.heads * model.headSize)
            + norm(name(\.mlpNorm))
            + column(name(\.mlpInput), architecture.activation.inputs * model.ffn)
            + row(name(\.mlpOutput), model.ffn)
    }

    var afterLayers: [ParameterSpec] {
        let head = ParameterSpec(
            name: names.head + ".weight", rows: model.paddedVocabulary, columns: width, sharding: .rows,
            initialization: normal)
        return norm(names.finalNorm) + (architecture.tiesHead ? [] : [head])
    }

    private func norm(_ name: String) -> [ParameterSpec] {
        let gain = ParameterSpec(
            name: name + ".weight", rows: width, columns: 1, sharding: .replicated, initialization: .ones)
        return architecture.norm == .layer ? [gain, bias(name, width, .replicated)] : [gain]
    }

    /// A column-parallel product: [out, in].
    private func column(_ name: String, _ outputs: Int) -> [ParameterSpec] {
        let weight = ParameterSpec(
            name: name + ".weight", rows: outputs, columns: width, sharding: .rows, initialization: normal)
        return architecture.hasBiases ? [weight, bias(name, outputs, .rows)] : [weight]
    }

    /// A row-parallel product: [in, out].
    private func row(_ name: String, _ inputs: Int) -> [ParameterSpec] {
        let weight = ParameterSpec(
            name: name + ".weight", rows: inputs, columns: width, sharding: .rows, initialization: projection)
        return architecture.hasBiases ? [weight, bias(name, width, .replicated)] : [weight]
    }

    private func bias(_ name: String, _ rows: Int, _ sharding: ParameterSpec.Sharding) -> ParameterSpec {
        .init(name: name + ".bias", rows: rows, columns: 1, sharding: sharding, initialization: .zeros)
    }
}
