import ClusterProfiles
import Diagnostics
import Programs
import Recipes
import Simulation

/// What can be said about a recipe before anything runs: its size, whether its programs are sound, whether it fits.
public struct LayoutCheck: Sendable, Equatable {
    public var recipe: Recipe
    public var profile: ClusterProfile?
    /// What the checker found in the programs of all ranks.
    public var problems: [Checker.Problem]
    /// Of the rank that needs the most.
    public var memory: MemoryEstimate

    /// Lowers every rank's program and checks them; with a profile, also against its accelerators.
    ///
    /// Throws `layout.exceeds-profile` for more ranks than accelerators, `layout.too-long` for a step of more than
    /// ``StepLimit/actionsMost`` actions, and `layout.too-large` for programs of more than ``StepLimit/checkedBytesMost``.
    public init(_ recipe: Recipe, on profile: ClusterProfile? = nil) throws(Diagnostic) {
        try profile?.requireRoom(for: recipe.layout)
        let programs = try Self.programs(recipe)
        // Tensor ranks of a stage hold equal shapes.
        let distinct = programs.filter { $0.coordinate.tensor == 0 }
        guard let memory = MemoryEstimate.worst(of: distinct, profile: profile) else {
            throw Diagnostic("layout.ranks", "the layout has no ranks", at: .init(key: "layout"))
        }
        self.recipe = recipe
        self.profile = profile
        self.memory = memory
        problems = Checker.problems(in: programs, layout: recipe.layout)
    }

    /// The program of every rank; what ranks of a stage have in common is kept once.
    private static func programs(_ recipe: Recipe) throws(Diagnostic) -> [Program] {
        let layout = recipe.layout
        try recipe.requirePlayable(replicas: layout.tensor * layout.data)
        var programs: [Program] = []
        programs.reserveCapacity(layout.ranks)
        var bytes = 0
        for rank in 0..<layout.ranks {
            let coordinate = Coordinate(rank: rank, in: layout)
            var program = try Lowering.program(recipe, at: coordinate)
            // The rank before has the same stage, unless this one begins it.
            if coordinate.tensor + coordinate.data > 0 {
                program.share(programs[rank - 1], counting: &bytes)
            } else {
                bytes += program.passesBytes
            }
            bytes += program.shardBytes
            guard bytes <= StepLimit.checkedBytesMost else {
                throw tooLarge(layout, bytes: Double(bytes) / Double(rank + 1) * Double(layout.ranks))
            }
            programs.append(program)
        }
        return programs
    }

    private static func tooLarge(_ layout: Layout, bytes: Double) -> Diagnostic {
        Diagnostic(
            "layout.too-large",
            "the programs of \(Lines.number(Double(layout.ranks))) ranks are too large to be checked together",
            at: .init(key: "layout"), expected: "at most \(Lines.gibibytes(Double(StepLimit.checkedBytesMost)))",
            found: "about \(Lines.gibibytes(bytes))",
            remedy: "check the layout with a lower data degree, whose programs are alike")
    }

    /// The exact number of parameters, the padded vocabulary included.
    public var parameters: Int { recipe.parameterCount }
    public var ranks: Int { recipe.layout.ranks }
    /// Whether the checker found nothing.
    public var isLegal: Bool { problems.isEmpty }
    /// Whether the worst rank fits an accelerator; `nil` without a profile.
    public var fits: Bool? { profile.map { memory.fits($0) } }
}

extension LayoutCheck: Encodable {
    enum CodingKeys: String, CodingKey {
        case parameters, ranks, legal, problems
        case memory = "memory_gib"
        case fits
    }

    /// The keys of `serre check --json`; `fits` is `null` without a profile.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(ranks, forKey: .ranks)
        try container.encode(isLegal, forKey: .legal)
        try container.encode(problems.map(\.description), forKey: .problems)
        try container.encode(memory, forKey: .memory)
        try container.encode(fits, forKey: .fits)
    }
}

extension Program {
    /// Keeps what another rank's program has as well only once; counts the bytes of what it has not.
    fileprivate mutating func share(_ other: Program, counting bytes: inout Int) {
        if actions == other.actions { actions = other.actions }
        if buffers == other.buffers { buffers = other.buffers }
        if passes == other.passes { passes = other.passes } else { bytes += passesBytes }
    }

    /// About what the passes take.
    fileprivate var passesBytes: Int {
        passes.reduce(0) { sum, pass in
            pass.instructions.reduce(sum + MemoryLayout<Pass>.stride) { sum, instruction in
                var words = 0
                if case .collective(let exchange) = instruction.operation { words = exchange.cuts.count }
                return sum + MemoryLayout<Instruction>.stride + words * MemoryLayout<Int>.stride
                    + (instruction.reads.count + instruction.writes.count) * MemoryLayout<Operand>.stride
            }
        }
    }

    /// About what the parameters' places take.
    fileprivate var shardBytes: Int {
        let words = shard.regions.reduce(0) { $0 + $1.cuts.count + $1.packed.count }
        return words * MemoryLayout<Int>.stride + shard.entries.count * MemoryLayout<ShardLayout.Entry>.stride
            + shard.owned.count * MemoryLayout<ShardLayout.OwnedRange>.stride
    }
}
