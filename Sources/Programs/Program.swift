import Recipes

/// What one rank does in one optimiser step. A plain value: it knows no host, no clock and no message transport.
public struct Program: Sendable, Equatable {
    public var coordinate: Coordinate
    public var buffers: [BufferDeclaration]
    public var passes: [Pass]
    public var actions: [Action]
    /// Copies of each buffer that lives for a micro-batch.
    public var microbatchCopies: Int
    public var shard: ShardLayout

    public init(
        coordinate: Coordinate, buffers: [BufferDeclaration], passes: [Pass], actions: [Action],
        microbatchCopies: Int, shard: ShardLayout
    ) {
        self.coordinate = coordinate
        self.buffers = buffers
        self.passes = passes
        self.actions = actions
        self.microbatchCopies = microbatchCopies
        self.shard = shard
    }

    /// How this program's samples become one gradient (A6).
    public func laneFold(_ recipe: Recipe) -> LaneFold { StageBuilder.laneFold(recipe) }

    /// A program whose buffers are as large as the largest of `programs`, which differ in their batch size only.
    public static func holding(_ programs: [Program]) -> Program {
        var widest = programs[programs.count - 1]
        for program in programs {
            precondition(program.buffers.map(\.name) == widest.buffers.map(\.name), "programs of different buffers")
            for i in widest.buffers.indices {
                widest.buffers[i].count = max(widest.buffers[i].count, program.buffers[i].count)
            }
            widest.microbatchCopies = max(widest.microbatchCopies, program.microbatchCopies)
        }
        return widest
    }

    /// The identifier of the buffer with this name.
    public func buffer(named name: String) -> BufferID? {
        buffers.firstIndex { $0.name == name }.map(BufferID.init)
    }
}

/// The straight-line body of a schedule action.
public struct Pass: Sendable, Equatable {
    public var name: String
    public var instructions: [Instruction]

    public init(_ name: String, _ instructions: [Instruction]) {
        self.name = name
        self.instructions = instructions
    }
}

/// The passes that lowering writes, by the name they carry.
enum PassName: String, CaseIterable {
    case forward, backward
    case receiveActivation = "receive activation"
    case sendActivation = "send activation"
    case receiveGradient = "receive gradient"
    case sendGradient = "send gradient"
    case reduceGradients = "reduce gradients"
    case optimizerStep = "optimizer step"
}

/// One entry of a rank's schedule: which pass, for which micro-batch.
public struct Action: Sendable, Equatable {
    /// Index into ``Program/passes``.
    public var pass: Int
    public var microbatch: Int

    public init(pass: Int, microbatch: Int) {
        self.pass = pass
        self.microbatch = microbatch
    }
}

extension Group {
    /// The group's ranks in order, for the rank at `coordinate`.
    public func members(of coordinate: Coordinate, in layout: Layout) -> [Int] {
        func rank(tensor: Int? = nil, data: Int? = nil, pipeline: Int? = nil) -> Int {
            Coordinate(
                tensor: tensor ?? coordinate.tensor, data: data ?? coordinate.data,
                pipeline: pipeline ?? coordinate.pipeline
            ).rank(in: layout)
        }
        switch self {
        case .tensor: return (0..<layout.tensor).map { rank(tensor: $0) }
        case .data: return (0..<layout.data).map { rank(data: $0) }
        case .tied: return [rank(pipeline: 0), rank(pipeline: layout.pipeline - 1)]
        case .replica:
            return (0..<layout.pipeline).flatMap { p in (0..<layout.tensor).map { rank(tensor: $0, pipeline: p) } }
        }
    }
}

extension Peer {
    /// The rank that plays this role for the rank at `coordinate`.
    public func rank(of coordinate: Coordinate, in layout: Layout) -> Int {
        var c = coordinate
        c.pipeline += self == .nextStage ? 1 : -1
        return c.rank(in: layout)
    }
}
