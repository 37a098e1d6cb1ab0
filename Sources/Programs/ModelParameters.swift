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
        Places(beforeLayers: beforeLayers.count, perLayer: layers.first?.count ?? 0, layers: layers.count)
            .unit(of: index)
    }

    public init(_ model: Recipe.Model) {
        let builder = ParameterBuilder(model: model, architecture: Architecture(model))
        embedding = builder.embedding
        beforeLayers = builder.beforeLayers
        layers = (0..<model.layers).map(builder.layer)
        afterLayers = builder.afterLayers
    }
}

extension ModelParameters {
    /// Where the parts of a model begin and end in model order.
    struct Places {
        var beforeLayers, perLayer, layers: Int

        init(beforeLayers: Int, perLayer: Int, layers: Int) {
            self.beforeLayers = beforeLayers
            self.perLayer = perLayer
            self.layers = layers
        }

        init(_ model: Recipe.Model) {
            let builder = ParameterBuilder(model: model, architecture: Architecture(model))
            self.init(beforeLayers: builder.countBeforeLayers, perLayer: builder.countPerLayer, layers: model.layers)
        }

        func unit(of index: Int) -> Unit {
            switch index - 1 - beforeLayers {
            case let place where place < 0: index == 0 ? .embedding : .start
            case let place where place < layers * perLayer: .layer(place / perLayer)
            default: .end
            }
        }
    }

    /// The parameters of some parts of a model, in model order, each with its place there: what a stage holds, without
    /// naming those of all other stages.
    static func some(
        of model: Recipe.Model, embedding: Bool, start: Bool, layers: [Range<Int>], end: Bool
    ) -> [(index: Int, spec: ParameterSpec)] {
        let builder = ParameterBuilder(model: model, architecture: Architecture(model))
        let (before, perLayer) = (builder.countBeforeLayers, builder.countPerLayer)
        var held: [(index: Int, spec: ParameterSpec)] = embedding ? [(0, builder.embedding)] : []
        func add(_ specs: [ParameterSpec], from index: Int) {
            for (place, spec) in specs.enumerated() { held.append((index + place, spec)) }
        }
        if start { add(builder.beforeLayers, from: 1) }
        for layer in layers.joined() { add(builder.layer(layer), from: 1 + before + layer * perLayer) }
        if end { add(builder.afterLayers, from: 1 + before + model.layers * perLayer) }
        return held
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

    private var countPerNorm: Int { architecture.norm == .layer ? 2 : 1 }
    var countBeforeLayers: Int {
        (architecture.positions == .learned ? 1 : 0) + (architecture.normsEmbedding ? countPerNorm : 0)
    }
    var countPerLayer: Int { 2 * countPerNorm + 4 * (architecture.hasBiases ? 2 : 1) }

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
        let names = architecture.block(layer)
        return norm(names.attentionNorm)
            + column(names.attentionInput, model.attentionWidth)
            + row(names.attentionOutput, model.heads * model.headSize)
            + norm(names.mlpNorm)
            + column(names.mlpInput, architecture.traits.gateFactor * model.ffn)
            + row(names.mlpOutput, model.ffn)
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
