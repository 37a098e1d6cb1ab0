/// How much of the memory that a rank holds is in use at each action of a step, by kind.
///
/// The executor holds all of a ``MemoryPlan`` from the first step to the last; the course says which part of it has
/// something in it. A micro-batch's activations are in use from the action that first touches them to the backward of
/// their chunk, the arena as far as the pass at hand needs it. The most that is in use at once is what the plan holds,
/// or less with several chunks, which do not all have most at the same time.
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
        let groups = Self.groups(passes, buffers: program.buffers.count)
        var lastUse: [Copy: Int] = [:]
        for (index, action) in program.actions.enumerated() {
            guard let buffer = passes[action.pass].kept.first else { continue }
            lastUse[Copy(number: groups[buffer], microbatch: action.microbatch)] = index
        }
        // Of each group and micro-batch that is in use, the buffers.
        var live: [Copy: [Int]] = [:]
        var now = constant
        for (index, action) in program.actions.enumerated() {
            let pass = passes[action.pass]
            let group = pass.kept.first.map { Copy(number: groups[$0], microbatch: action.microbatch) }
            if let group {
                let known = Set(live[group] ?? [])
                for buffer in pass.kept where !known.contains(buffer) {
                    now[program.buffers[buffer].kind.index] += MemoryPlan.paddedBytes(program.buffers[buffer])
                    live[group, default: []].append(buffer)
                }
            }
            var busy = now
            busy[BufferDeclaration.Kind.workspace.index] += pass.arenaBytes
            during.append(busy)
            if let group, lastUse[group] == index {
                for buffer in live[group] ?? [] {
                    now[program.buffers[buffer].kind.index] -= MemoryPlan.paddedBytes(program.buffers[buffer])
                }
                live[group] = nil
            }
            after.append(now)
        }
    }

    /// For each buffer the number of its group: those that live for a micro-batch and that passes use together, which
    /// are those of a chunk.
    private static func groups(_ passes: [PassMemory], buffers: Int) -> [Int] {
        var groups = Array(0..<buffers)
        for pass in passes {
            guard let first = pass.kept.first else { continue }
            for buffer in pass.kept where groups[buffer] != groups[first] {
                let (old, new) = (groups[buffer], groups[first])
                for index in groups.indices where groups[index] == old { groups[index] = new }
            }
        }
        return groups
    }

    /// A group of buffers, for one micro-batch.
    private struct Copy: Hashable { var number, microbatch: Int }

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
