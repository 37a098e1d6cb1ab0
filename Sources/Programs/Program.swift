import Recipes

/// What one rank does in one optimiser step. A plain value: it knows no host, no clock and no message transport.
public struct Program: Sendable, Equatable {
    public var coordinate: Coordinate
    public var buffers: [BufferDeclaration]
    public var passes: [Pass]
    public var actions: [Action]
    public var shard: ShardLayout
    /// Whether the buffer of the parameters, and that of the gradients, holds the rank's owned ranges one after the other
    /// (``ShardLayout/OwnedRange/packed``) instead of all that its stage has.
    public var packsParameters: Bool
    public var packsGradients: Bool
    /// Whose program it is: another engine's follows no rule of Serre's arithmetic.
    public var style: EngineStyle

    /// The names of those buffers.
    public static let parametersName = "parameters"
    public static let gradientsName = "gradients"
    /// The float32 copy of the rank's owned ranges, one after the other, where parameters are stored rounded (A1).
    public static let mastersName = "master parameters"

    public init(
        coordinate: Coordinate, buffers: [BufferDeclaration], passes: [Pass], actions: [Action], shard: ShardLayout,
        packsParameters: Bool = false, packsGradients: Bool = false, style: EngineStyle = .serre
    ) {
        self.coordinate = coordinate
        self.buffers = buffers
        self.passes = passes
        self.actions = actions
        self.shard = shard
        self.packsParameters = packsParameters
        self.packsGradients = packsGradients
        self.style = style
    }

    /// How this program's samples become one gradient (A6).
    public func laneFold(_ recipe: Recipe) -> LaneFold { LaneFold(recipe) }

    /// A program whose buffers are as large as the largest of `programs`, which differ in their batch size only.
    public static func holding(_ programs: [Program]) -> Program {
        var widest = programs[programs.count - 1]
        for program in programs {
            precondition(program.buffers.map(\.name) == widest.buffers.map(\.name), "programs of different buffers")
            for i in widest.buffers.indices {
                widest.buffers[i].count = max(widest.buffers[i].count, program.buffers[i].count)
                widest.buffers[i].copies = max(widest.buffers[i].copies, program.buffers[i].copies)
            }
        }
        return widest
    }

    /// The identifier of the buffer with this name.
    public func buffer(named name: String) -> BufferID? {
        buffers.firstIndex { $0.name == name }.map(BufferID.init)
    }
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

extension Peer {
    /// The rank that plays this role for the rank at `coordinate`.
    public func rank(of coordinate: Coordinate, in layout: Layout) -> Int {
        var c = coordinate
        c.pipeline = (c.pipeline + (self == .nextStage ? 1 : layout.pipeline - 1)) % layout.pipeline
        return c.rank(in: layout)
    }
}
