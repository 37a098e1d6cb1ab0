import Recipes

/// Collects the buffers and passes of one rank while a model is lowered.
struct StageBuilder {
    let recipe: Recipe
    let layout: Layout
    let coordinate: Coordinate
    let shard: ShardLayout
    let architecture: Architecture
    private(set) var buffers: [BufferDeclaration] = []
    /// Instructions of the pass being written.
    private var instructions: [Instruction] = []
    private(set) var passes: [Pass] = []

    /// Whether a layer's inner activations outlive its forward.
    var keepsLayers: Bool { layout.recompute != .full }
    /// The look-up's gradient of the tied embedding, once a backward has declared it.
    var lookupGradient: Operand?

    let parameters: BufferID
    let gradients: BufferID

    init(recipe: Recipe, coordinate: Coordinate, shard: ShardLayout) {
        self.recipe = recipe
        layout = recipe.layout
        self.coordinate = coordinate
        self.shard = shard
        architecture = Architecture(recipe.model)
        // One flat copy per slot of the fold; slot 0, the first, is the gradient itself.
        let slots = Self.laneFold(recipe).persistentSlots
        buffers = [
            .init("parameters", .parameters, .float32, count: shard.count, .run),
            .init("gradients", .gradients, .float32, count: shard.count * slots, .run),
        ]
        parameters = BufferID(0)
        gradients = BufferID(1)
    }

    // Shapes that every pass uses.
    var samples: Int { layout.microBatch }
    var sequence: Int { recipe.model.sequenceLength }
    var rows: Int { samples * sequence }
    var width: Int { recipe.model.hidden }
    var tensor: Int { layout.tensor }
    var segments: Int { recipe.segments / tensor }
    var vocabularyRows: Int { recipe.model.paddedVocabulary / tensor }
    var fold: LaneFold { Self.laneFold(recipe) }
    var isFirst: Bool { coordinate.pipeline == 0 }
    var isLast: Bool { coordinate.pipeline == layout.pipeline - 1 }
    var heads: Attention {
        Attention(
            samples: samples, sequence: sequence, heads: recipe.model.heads / tensor,
            keyValueHeads: recipe.model.keyValueHeads / tensor, headSize: recipe.model.headSize)
    }

    static func laneFold(_ recipe: Recipe) -> LaneFold {
        let lanes = recipe.lanes / recipe.layout.data
        return LaneFold(
            lanes: lanes, samplesPerLane: recipe.batch.global / recipe.lanes, microBatch: recipe.layout.microBatch)
    }

    /// Declares a buffer and names all of it.
    mutating func buffer(
        _ name: String, _ kind: BufferDeclaration.Kind, _ count: Int, _ lifetime: BufferDeclaration.Lifetime,
        _ type: BufferDeclaration.ElementType = .float32
    ) -> Operand {
        buffers.append(.init(name, kind, type, count: count, lifetime))
        return Operand(BufferID(buffers.count - 1), count: count)
    }

    /// A float32 activation kept from forward to backward.
    mutating func saved(_ name: String, _ count: Int) -> Operand { buffer(name, .activations, count, .microbatch) }

    /// A float32 activation inside a layer: kept, or gone with the pass where the layer is computed again.
    mutating func inner(_ name: String, _ count: Int) -> Operand {
        keepsLayers ? saved(name, count) : scratch(name, count)
    }

    /// A float32 buffer that lives inside one pass.
    mutating func scratch(_ name: String, _ count: Int) -> Operand { buffer(name, .workspace, count, .pass) }

    func parameter(_ name: String) -> Operand { entryOperand(parameters, name) }

    func gradient(_ name: String) -> Operand { entryOperand(gradients, name) }

    private func entryOperand(_ buffer: BufferID, _ name: String) -> Operand {
        guard let entry = shard.entry(named: name) else {
            preconditionFailure("the stage holds no parameter \(name)")
        }
        return Operand(buffer, offset: entry.offset, count: entry.count)
    }

    mutating func emit(_ operation: Operation, _ reads: [Operand], _ writes: [Operand]) {
        instructions.append(Instruction(operation, reads: reads, writes: writes))
    }

    /// Ends the pass being written and gives it a name.
    mutating func endPass(_ name: PassName) {
        passes.append(Pass(name.rawValue, instructions))
        instructions = []
    }

    /// An exchange of `operand` among `group`, left out when the group has one member.
    mutating func collective(
        _ kind: CollectiveOperation.Kind, _ group: Group, _ operand: Operand, into result: Operand? = nil,
        cuts: [Int]? = nil
    ) {
        let members = group.members(of: coordinate, in: layout).count
        guard members > 1 else { return }
        let cuts = cuts ?? (0...members).map { operand.count * $0 / members }
        emit(
            .collective(CollectiveOperation(kind: kind, group: group, count: operand.count, cuts: cuts)), [operand],
            [result ?? operand])
    }

    /// c = a · weightᵀ (+ bias): a column-parallel layer ([out, in] weight, one chain over the whole input).
    mutating func columnParallel(_ input: Operand, _ name: String, outputs: Int, inputs: Int, into output: Operand) {
        let addsBias = architecture.hasBiases
        emit(
            .product(MatrixProduct(m: rows, n: outputs, k: inputs, transposesB: true, segments: 1, addsBias: addsBias)),
            [input, parameter(name + ".weight")] + (addsBias ? [parameter(name + ".bias")] : []), [output])
    }

    /// sum = a · weight over this rank's segments of the input, then over the tensor ranks ([in, out] weight).
    mutating func segmentedProduct(_ input: Operand, _ weight: Operand, inputs: Int, outputs: Int, into sum: Operand) {
        emit(
            .product(
                MatrixProduct(m: rows, n: outputs, k: inputs, transposesB: false, segments: segments, addsBias: false)),
            [input, weight], [sum])
        collective(.allReduceSum, .tensor, sum)
    }

    mutating func finish(actions: [Action], microbatchCopies: Int) -> Program {
        Program(
            coordinate: coordinate, buffers: buffers, passes: passes, actions: actions,
            microbatchCopies: microbatchCopies, shard: shard)
    }
}
