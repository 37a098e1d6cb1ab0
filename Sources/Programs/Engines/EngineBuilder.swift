import Recipes

/// Collects the buffers and passes of one rank while a model is lowered as another engine would run it.
///
/// Such programs are as exact as the others in schedule, messages and collectives, and coarse in memory: a layer's
/// activations are one buffer, and so is what it works with.
struct EngineBuilder {
    let shape: EngineShape
    let chunks: [Range<Int>]
    /// The chunk of layers whose passes are being written.
    var chunk = 0
    /// The shard of a layer's gradients that is on its way to this rank.
    var travelling: Operand?
    private let copies: [Int]
    private(set) var buffers: [BufferDeclaration] = []
    private var known: [String: Operand] = [:]
    private var instructions: [Instruction] = []
    private(set) var passes: [Pass] = []

    init(_ shape: EngineShape, chunks: [Range<Int>]) {
        self.shape = shape
        self.chunks = chunks
        let layout = shape.layout
        copies = Schedule.inFlight(
            layout.schedule, stage: shape.coordinate.pipeline, stages: layout.pipeline,
            microbatches: shape.microbatches, chunks: layout.interleave, style: layout.style)
    }

    var isFirst: Bool { shape.coordinate.pipeline == 0 && chunk == 0 }
    var isLast: Bool { shape.coordinate.pipeline == shape.layout.pipeline - 1 && chunk == chunks.count - 1 }
    var holdsEmbedding: Bool { shape.coordinate.pipeline == 0 }
    var holdsHead: Bool { shape.coordinate.pipeline == shape.layout.pipeline - 1 }
    /// All parameters of the rank's layers, before anything is sharded.
    var parameterCount: Int {
        shape.parameters(
            layers: chunks.reduce(0) { $0 + $1.count }, holdsEmbedding: holdsEmbedding, holdsHead: holdsHead)
    }
    /// The most micro-batches that the chunk being written holds at once.
    var inFlight: Int { copies[chunk] }
    /// The virtual stage of the chunk being written.
    var boundary: Int { chunk * shape.layout.pipeline + shape.coordinate.pipeline }

    /// Declares a buffer and names all of it; one that outlives a pass is declared once.
    mutating func buffer(
        _ name: String, _ kind: BufferDeclaration.Kind, _ count: Int, _ lifetime: BufferDeclaration.Lifetime,
        _ type: BufferDeclaration.ElementType
    ) -> Operand {
        if lifetime != .pass, let operand = known[name] { return operand }
        let copies = lifetime == .microbatch ? copies[chunk] : 1
        buffers.append(.init(name, kind, type, count: count, lifetime, copies: copies))
        let operand = Operand(BufferID(buffers.count - 1), count: count)
        if lifetime != .pass { known[name] = operand }
        return operand
    }

    /// A buffer of so many bytes.
    mutating func space(
        _ name: String, _ kind: BufferDeclaration.Kind, bytes: Int, _ lifetime: BufferDeclaration.Lifetime
    ) -> Operand { buffer(name, kind, max(1, bytes / 2), lifetime, .float16) }

    mutating func emit(
        _ operation: Operation, _ reads: [Operand], _ writes: [Operand], on stream: Stream = .compute
    ) { instructions.append(Instruction(operation, reads: reads, writes: writes, on: stream)) }

    mutating func kernel(_ name: String, _ work: ModelledKernel.Work, _ reads: [Operand], _ writes: [Operand]) {
        emit(.modelled(ModelledKernel(name, work)), reads, writes)
    }

    /// An exchange of `operand` among `group`, left out when the group has one member.
    mutating func collective(
        _ kind: CollectiveOperation.Kind, _ group: Group, _ operand: Operand, into result: Operand? = nil,
        count: Int? = nil, on stream: Stream = .compute
    ) {
        let members = group.members(of: shape.coordinate, in: shape.layout).count
        guard members > 1 else { return }
        let whole = count ?? operand.count
        let chunk = (whole + members - 1) / members
        let cuts = (0...members).map { min(whole, $0 * chunk) }
        emit(
            .collective(CollectiveOperation(kind, group, count: whole, cuts: cuts)), [operand], [result ?? operand],
            on: stream)
    }

    /// A sum over `group` of which every member gets its chunk, in a buffer of its own; `nil` for a group of one.
    mutating func reduceScatter(
        _ group: Group, _ operand: Operand, count: Int? = nil, on stream: Stream = .compute
    ) -> Operand? {
        let members = group.members(of: shape.coordinate, in: shape.layout).count
        guard members > 1 else { return nil }
        let whole = count ?? operand.count
        let chunk = (whole + members - 1) / members
        let member = group == .data ? shape.coordinate.data : shape.coordinate.tensor
        let part = buffer(
            "chunk \(buffers.count)", .workspace, max(0, min(whole, (member + 1) * chunk) - min(whole, member * chunk)),
            .pass, buffers[operand.buffer.index].elementType)
        collective(.reduceScatter, group, operand, into: part, count: whole, on: stream)
        return part
    }

    mutating func endPass(_ role: Pass.Role) {
        passes.append(Pass(role, instructions))
        instructions = []
    }
}
