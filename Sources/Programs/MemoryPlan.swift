/// Where each buffer of a program lies, and how many bytes the rank holds, by kind.
///
/// The executor allocates by this plan, so what it says is what a run holds. Buffers of one pass share an arena by
/// their lifetimes within the pass.
public struct MemoryPlan: Sendable, Equatable {
    /// One entry per buffer of the program.
    public var placements: [Placement]
    /// Bytes of the arena that passes share.
    public var arenaBytes: Int
    /// Bytes by kind.
    public var bytes: [Share]

    public enum Placement: Sendable, Equatable {
        /// Memory of its own, so many copies.
        case own(copies: Int)
        /// An offset into the arena.
        case arena(offset: Int)
    }

    public struct Share: Sendable, Equatable {
        public var kind: BufferDeclaration.Kind
        public var bytes: Int
    }

    /// All bytes of the rank.
    public var totalBytes: Int { bytes.reduce(0) { $0 + $1.bytes } }

    /// Bytes of one kind.
    public func bytes(of kind: BufferDeclaration.Kind) -> Int {
        bytes.first { $0.kind == kind }?.bytes ?? 0
    }

    /// Buffers start at multiples of this.
    public static let alignment = 64

    public init(_ program: Program) {
        var placements = program.buffers.map { Placement.own(copies: $0.copies) }
        var arena = 0
        for pass in program.passes {
            arena = max(arena, Self.place(pass, of: program, into: &placements))
        }
        var totals = BufferDeclaration.Kind.allCases.map { Share(kind: $0, bytes: 0) }
        func add(_ count: Int, to kind: BufferDeclaration.Kind) {
            for i in totals.indices where totals[i].kind == kind { totals[i].bytes += count }
        }
        for (buffer, placement) in zip(program.buffers, placements) {
            precondition(buffer.lifetime != .pass || placement != .own(copies: 1), "no pass uses buffer \(buffer.name)")
            if case .own(let copies) = placement { add(copies * Self.paddedBytes(buffer), to: buffer.kind) }
        }
        add(arena, to: .workspace)
        self.placements = placements
        arenaBytes = arena
        bytes = totals
    }

    /// What one copy of a buffer takes.
    public static func paddedBytes(_ buffer: BufferDeclaration) -> Int {
        (buffer.count * buffer.elementType.bytes + alignment - 1) / alignment * alignment
    }

    /// Gives the pass's buffers offsets, the first gap that fits, in order of first use; returns the bytes needed.
    private static func place(_ pass: Pass, of program: Program, into placements: inout [Placement]) -> Int {
        let lives = lives(pass, of: program)
        var placed: [(offset: Int, size: Int, last: Int)] = []
        var peak = 0
        for live in lives {
            let size = paddedBytes(program.buffers[live.buffer])
            let busy = placed.filter { $0.last >= live.first }.sorted { $0.offset < $1.offset }
            var offset = 0
            for other in busy where other.offset < offset + size { offset = max(offset, other.offset + other.size) }
            precondition(
                placements[live.buffer] == .own(copies: 1), "a buffer that lives inside a pass is used in two of them")
            placements[live.buffer] = .arena(offset: offset)
            placed.append((offset, size, live.last))
            peak = max(peak, offset + size)
        }
        return peak
    }

    /// The buffers that live inside a pass, in the order of their first use.
    private static func lives(_ pass: Pass, of program: Program) -> [(buffer: Int, first: Int, last: Int)] {
        var lives: [(buffer: Int, first: Int, last: Int)] = []
        var places = Array(repeating: -1, count: program.buffers.count)
        for time in pass.instructions.indices {
            // What travels keeps its memory until it is known to have arrived.
            let end = pass.end(of: time)
            func note(_ operand: Operand) {
                let index = operand.buffer.index
                guard program.buffers[index].lifetime == .pass else { return }
                if places[index] >= 0 {
                    lives[places[index]].last = max(lives[places[index]].last, end)
                } else {
                    places[index] = lives.count
                    lives.append((index, time, end))
                }
            }
            for operand in pass.instructions[time].reads { note(operand) }
            for operand in pass.instructions[time].writes { note(operand) }
        }
        return lives
    }

    /// The most bytes of buffers that live inside a pass at the same time, over all passes: no arena is smaller.
    public static func leastArenaBytes(_ program: Program) -> Int {
        var most = 0
        for pass in program.passes {
            // What a buffer adds when it comes, and leaves when it has gone.
            var changes = Array(repeating: 0, count: pass.instructions.count + 2)
            for live in lives(pass, of: program) {
                let size = paddedBytes(program.buffers[live.buffer])
                changes[live.first] += size
                changes[live.last + 1] -= size
            }
            var held = 0
            for change in changes {
                held += change
                most = max(most, held)
            }
        }
        return most
    }
}
