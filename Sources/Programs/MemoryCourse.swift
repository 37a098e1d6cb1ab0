/// How much of the memory that a rank holds is in use at each action of a step, by kind.
///
/// The executor holds all of a ``MemoryPlan`` from the first step to the last; the course says which part of it has
/// something in it. A micro-batch's activations are in use from the first action that touches them to the last, the
/// arena as far as the pass at hand needs it. The most that is in use at once is what the plan holds.
public struct MemoryCourse: Sendable, Equatable {
    /// Bytes by action and kind, in the order of `BufferDeclaration.Kind.allCases`.
    private var during: [[Int]] = []
    private var after: [[Int]] = []

    /// Bytes in use while the action runs.
    public func bytes(of kind: BufferDeclaration.Kind, during action: Int) -> Int { during[action][kind.index] }

    /// Bytes in use between the action and the next one.
    public func bytes(of kind: BufferDeclaration.Kind, after action: Int) -> Int { after[action][kind.index] }

    public init(_ program: Program) {
        let plan = MemoryPlan(program)
        let passes = program.passes.map { PassMemory($0, of: program, plan) }
        var constant = BufferDeclaration.Kind.allCases.map { _ in 0 }
        for buffer in program.buffers where buffer.lifetime == .run {
            constant[buffer.kind.index] += buffer.copies * MemoryPlan.paddedBytes(buffer)
        }
        var lastUse: [Copy: Int] = [:]
        for (index, action) in program.actions.enumerated() {
            for buffer in passes[action.pass].kept {
                lastUse[Copy(buffer: buffer, microbatch: action.microbatch)] = index
            }
        }
        var live = Set<Copy>()
        var now = constant
        for (index, action) in program.actions.enumerated() {
            let pass = passes[action.pass]
            let copies = pass.kept.map { Copy(buffer: $0, microbatch: action.microbatch) }
            for copy in copies where live.insert(copy).inserted { now[copy.kind(program)] += copy.bytes(program) }
            var busy = now
            busy[BufferDeclaration.Kind.workspace.index] += pass.arenaBytes
            during.append(busy)
            for copy in copies where lastUse[copy] == index {
                now[copy.kind(program)] -= copy.bytes(program)
                live.remove(copy)
            }
            after.append(now)
        }
    }

    /// A buffer's copy for one micro-batch.
    private struct Copy: Hashable {
        var buffer, microbatch: Int

        func kind(_ program: Program) -> Int { program.buffers[buffer].kind.index }
        func bytes(_ program: Program) -> Int { MemoryPlan.paddedBytes(program.buffers[buffer]) }
    }

    /// What a pass needs beside what is always there.
    private struct PassMemory {
        /// Buffers that live for a micro-batch, ascending.
        var kept: [Int] = []
        /// Bytes from the arena's start.
        var arenaBytes = 0

        init(_ pass: Pass, of program: Program, _ plan: MemoryPlan) {
            var known = Set<Int>()
            for operand in pass.instructions.flatMap({ $0.reads + $0.writes })
            where known.insert(operand.buffer.index).inserted {
                let buffer = program.buffers[operand.buffer.index]
                if buffer.lifetime == .microbatch { kept.append(operand.buffer.index) }
                if case .arena(let offset) = plan.placements[operand.buffer.index] {
                    arenaBytes = max(arenaBytes, offset + MemoryPlan.paddedBytes(buffer))
                }
            }
            kept.sort()
        }
    }
}

extension BufferDeclaration.Kind {
    /// The kind's place in `allCases`.
    fileprivate var index: Int {
        switch self {
        case .parameters: 0
        case .gradients: 1
        case .optimizer: 2
        case .activations: 3
        case .workspace: 4
        }
    }
}
