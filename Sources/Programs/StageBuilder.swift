import Recipes

/// Collects the buffers and passes of one rank while a model is lowered.
struct StageBuilder {
    let recipe: Recipe
    let layout: Layout
    let coordinate: Coordinate
    let shard: ShardLayout
    let architecture: Architecture
    let fold: LaneFold
    /// The chunk of layers whose passes are being written.
    var chunk = 0
    /// Whether the backward being written is that of a lane's last micro-batch.
    var closesLane = false
    /// Whether lanes can have more samples than a micro-batch, so that their gradients outlive it (strided lanes).
    let lanesOutliveMicrobatches: Bool
    /// What a program that only reads texts reads at once; `nil` for one that trains.
    let reading: ReadingShape?
    /// The rows of a reading pass: those of the texts, then the asked ones.
    var readRows: Int?

    private(set) var buffers: [BufferDeclaration] = []
    /// Buffers that outlive a pass, by name: passes that share one declare it once.
    private var known: [String: Operand] = [:]
    /// Instructions of the pass being written.
    private var instructions: [Instruction] = []
    private(set) var passes: [Pass] = []

    /// The look-up's gradient of the tied embedding, once a backward has declared it.
    var lookupGradient: Operand?
    /// The regions of parameters that have been gathered in the pass being written (ZeRO-3).
    var gathered: [Int: Operand] = [:]
    /// The regions' gradients in the backward being written (strided lanes).
    var laneGradients: [Int: Operand] = [:]
    /// Sums of rounds that travel, and what becomes of them when they have come.
    var travelling: [(sum: Operand, gradient: Operand, stride: Int)] = []
    /// Replicated gradients of which this rank has a part of the sequence, each with its lanes' sums.
    var partialGradients: [(lanes: Operand, gradient: Operand)] = []
    /// The gradient of learned positions of which this rank has some rows only.
    var positionGradient: Operand?

    let parameters: BufferID
    let gradients: BufferID
    /// Where each parameter is in the shard, by name, and the region of each entry.
    let entries: [String: Int]
    let regions: [Int]
    /// Copies of what lives for a micro-batch, by chunk.
    private let copies: [Int]
    /// Names of the layers written so far: every pass of a layer asks for them.
    private var blocks: [Int: Architecture.BlockNames] = [:]

    init(
        recipe: Recipe, coordinate: Coordinate, shard: ShardLayout, lanesOutliveMicrobatches: Bool,
        reading: ReadingShape? = nil
    ) {
        self.reading = reading
        readRows = reading?.rows
        self.recipe = recipe
        layout = recipe.layout
        self.coordinate = coordinate
        self.shard = shard
        self.lanesOutliveMicrobatches = lanesOutliveMicrobatches
        architecture = Architecture(recipe.model)
        fold = LaneFold(recipe)
        copies = Schedule.inFlight(
            layout.schedule, stage: coordinate.pipeline, stages: layout.pipeline, microbatches: fold.microbatches,
            chunks: layout.interleave)
        // One copy per slot of the fold; slot 0, the first, is the gradient itself.
        let gradientCount =
            layout.stridesLanes ? shard.ownedCount * fold.roundSlots : shard.count * fold.persistentSlots
        buffers = [
            .init(
                // A reader of rounded parameters keeps them as wide as its kernels want them.
                Program.parametersName, .parameters, reading == nil ? Self.storedType(recipe) : .float32,
                count: Self.shardsParameters(layout) ? shard.ownedCount : shard.count, .run)
        ]
        if reading == nil {
            buffers.append(.init(Program.gradientsName, .gradients, .float32, count: gradientCount, .run))
        }
        // A layer declares a few times as many buffers as it has parameters, most of which a pass ends.
        buffers.reserveCapacity(8 * shard.entries.count)
        known.reserveCapacity(4 * shard.entries.count)
        parameters = BufferID(0)
        gradients = BufferID(1)
        entries = Dictionary(
            shard.entries.enumerated().map { ($0.element.parameter.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        regions = shard.regionsOfEntries
    }

    /// How parameters, activations and their gradients are stored (A1).
    static func storedType(_ recipe: Recipe) -> BufferDeclaration.ElementType {
        switch recipe.precision {
        case .float32: .float32
        case .bfloat16: .bfloat16
        // Serre's programs have no float8: only other styles' products do.
        case .float16, .float8: .float16
        }
    }

    var storedType: BufferDeclaration.ElementType { Self.storedType(recipe) }

    /// How a declared buffer is stored.
    func type(of operand: Operand) -> BufferDeclaration.ElementType { buffers[operand.buffer.index].elementType }

    /// Whether a rank holds its share of the parameters alone.
    static func shardsParameters(_ layout: Layout) -> Bool { layout.zero == 3 && layout.data > 1 }

    // Shapes that every pass uses.
    var samples: Int { layout.microBatch }
    var sequence: Int { recipe.model.sequenceLength }
    /// Tokens of a micro-batch, or rows of a reading pass.
    var rows: Int { readRows ?? samples * sequence }
    /// Parts of the sequence that tensor ranks share out where they split norms and residuals.
    var parts: Int { layout.sequenceParallel ? layout.tensor : 1 }
    /// Tokens of a micro-batch whose norms and residuals this rank has, and how many of each sample.
    var localRows: Int { rows / parts }
    var localSequence: Int { sequence / parts }
    var width: Int { recipe.model.hidden }
    var tensor: Int { layout.tensor }
    var segments: Int { recipe.segments / tensor }
    var vocabularyRows: Int { recipe.model.paddedVocabulary / tensor }
    var isFirst: Bool { coordinate.pipeline == 0 && chunk == 0 }
    var isLast: Bool { coordinate.pipeline == layout.pipeline - 1 && chunk == layout.interleave - 1 }
    /// Whether a layer's inner activations outlive its forward.
    var keepsLayers: Bool { layout.recompute != .full }
    var heads: Attention {
        Attention(
            samples: samples, sequence: sequence, heads: recipe.model.heads / tensor,
            keyValueHeads: recipe.model.keyValueHeads / tensor, headSize: recipe.model.headSize)
    }

    /// The names of a layer's parameter tensors.
    mutating func names(ofLayer layer: Int) -> Architecture.BlockNames {
        if let known = blocks[layer] { return known }
        let names = architecture.block(layer)
        blocks[layer] = names
        return names
    }

    /// Declares a buffer and names all of it; one that outlives a pass is declared once.
    mutating func buffer(
        _ name: String, _ kind: BufferDeclaration.Kind, _ count: Int, _ lifetime: BufferDeclaration.Lifetime,
        _ type: BufferDeclaration.ElementType = .float32
    ) -> Operand {
        if lifetime != .pass, let operand = known[name] { return operand }
        let copies = lifetime == .microbatch ? copies[chunk] : 1
        buffers.append(.init(name, kind, type, count: count, lifetime, copies: copies))
        let operand = Operand(BufferID(buffers.count - 1), count: count)
        if lifetime != .pass { known[name] = operand }
        return operand
    }

    /// An activation kept from forward to backward, as activations are stored unless `type` says otherwise. What only reads
    /// keeps none.
    mutating func saved(_ name: String, _ count: Int, _ type: BufferDeclaration.ElementType? = nil) -> Operand {
        reading == nil
            ? buffer(name, .activations, count, .microbatch, type ?? storedType) : passing(name, count, type)
    }

    /// A float32 number per row and column of the head: kept like an activation, and by a reading pass for its reader.
    mutating func result(_ name: String, _ count: Int) -> Operand {
        reading == nil ? saved(name, count, .float32) : buffer(name, .workspace, count, .run)
    }

    /// An activation inside a layer: kept, or gone with the pass where the layer is computed again.
    mutating func inner(_ name: String, _ count: Int, _ type: BufferDeclaration.ElementType? = nil) -> Operand {
        keepsLayers ? saved(name, count, type) : passing(name, count, type)
    }

    /// An activation or the gradient of one that lives inside one pass, as activations are stored.
    mutating func passing(_ name: String, _ count: Int, _ type: BufferDeclaration.ElementType? = nil) -> Operand {
        buffer(name, .workspace, count, .pass, type ?? storedType)
    }

    /// A float32 buffer that lives inside one pass: sums on their way.
    mutating func scratch(_ name: String, _ count: Int) -> Operand { buffer(name, .workspace, count, .pass) }

    mutating func emit(
        _ operation: Operation, _ reads: [Operand], _ writes: [Operand], on stream: Stream = .compute
    ) {
        instructions.append(Instruction(operation, reads: reads, writes: writes, on: stream))
    }

    /// Ends the pass being written and gives it its role.
    mutating func endPass(_ role: Pass.Role) {
        passes.append(Pass(role, instructions))
        instructions.removeAll(keepingCapacity: true)
        gathered = [:]
        laneGradients = [:]
    }

    /// An exchange of `operand` among `group`, left out when the group has one member. `result` may be the rank's own
    /// chunk alone.
    mutating func collective(
        _ kind: CollectiveOperation.Kind, _ group: Group, _ operand: Operand, into result: Operand? = nil,
        cuts: [Int]? = nil, on stream: Stream = .compute
    ) {
        let members = group.members(of: coordinate, in: layout).count
        guard members > 1 else { return }
        let cuts = cuts ?? (0...members).map { operand.count * $0 / members }
        emit(
            .collective(CollectiveOperation(kind, group, count: operand.count, cuts: cuts)), [operand],
            [result ?? operand], on: stream)
    }

    mutating func finish(actions: [Action]) -> Program {
        Program(
            coordinate: coordinate, buffers: buffers, passes: passes, actions: actions, shard: shard,
            packsParameters: Self.shardsParameters(layout), packsGradients: layout.stridesLanes)
    }
}
