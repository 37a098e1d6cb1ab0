import Recipes

/// Finds, before anything runs, what would make a set of programs hang or compute nonsense.
///
/// It runs every rank's communication without data, and follows every buffer's writes and reads within a rank.
public struct Checker {
    /// One thing that is wrong, at one rank.
    public struct Problem: Sendable, Equatable, CustomStringConvertible {
        public enum Kind: String, Sendable {
            case unmatchedSend = "unmatched send"
            case unmatchedReceive = "unmatched receive"
            case collectiveOrder = "collectives in different order"
            case shapeMismatch = "shape mismatch"
            case readBeforeWrite = "read before write"
            case outOfBounds = "out of bounds"
            case backwardOrder = "backwards out of order"
            case deadlock = "deadlock"
        }
        public var kind: Kind
        public var rank: Int
        public var detail: String
        public var description: String { "rank \(rank): \(kind.rawValue): \(detail)" }
    }

    let programs: [Program]
    let layout: Layout

    /// The problems of `programs`, one per rank of `layout` in rank order; empty when they are sound.
    ///
    /// Nothing is followed when a program names a pass, a buffer or an element that it does not have: only that is reported.
    public static func problems(in programs: [Program], layout: Layout) -> [Problem] {
        precondition(programs.count == layout.ranks, "\(programs.count) programs for \(layout.ranks) ranks")
        let checker = Checker(programs: programs, layout: layout)
        let broken = checker.referenceProblems()
        guard broken.isEmpty else { return broken }
        var communication = CommunicationCheck(programs: programs, layout: layout)
        return checker.dataFlowProblems() + communication.run()
    }

    /// Names of passes, buffers and elements that do not exist: nothing else can be looked at while there are any.
    private func referenceProblems() -> [Problem] {
        programs.enumerated().flatMap { rank, program in
            var details: [String] =
                program.buffers.contains { $0.copies < 1 } ? ["no memory for any micro-batch"] : []
            for action in program.actions
            where !program.passes.indices.contains(action.pass) || action.microbatch < 0 {
                details.append("an action names pass \(action.pass) and micro-batch \(action.microbatch)")
            }
            for pass in program.passes {
                for (index, instruction) in pass.instructions.enumerated() {
                    if let fault = instruction.fault(in: program) {
                        details.append("\(pass.name), instruction \(index) \(fault)")
                    }
                    for operands in [instruction.reads, instruction.writes] {
                        for fault in operands.compactMap({ Self.fault(of: $0, program.buffers) }) {
                            details.append("\(pass.name), instruction \(index) names \(fault)")
                        }
                    }
                }
            }
            return details.map { Problem(kind: .outOfBounds, rank: rank, detail: $0) }
        }
    }

    private static func fault(of operand: Operand, _ buffers: [BufferDeclaration]) -> String? {
        guard buffers.indices.contains(operand.buffer.index) else {
            return "buffer \(operand.buffer.index), which is not declared"
        }
        let buffer = buffers[operand.buffer.index]
        guard operand.offset >= 0, operand.count >= 0, operand.offset <= buffer.count - operand.count else {
            return "elements beyond buffer “\(buffer.name)”"
        }
        return nil
    }

    /// Data flow of every rank whose program differs from one already checked in its stage.
    private func dataFlowProblems() -> [Problem] {
        var problems: [Problem] = []
        var checked: [[Program]] = Array(repeating: [], count: layout.pipeline)
        for (rank, program) in programs.enumerated() {
            let stage = program.coordinate.pipeline
            if checked[stage].contains(where: { Self.flowAlike($0, program) }) { continue }
            checked[stage].append(program)
            var flow = DataFlowCheck(program: program, rank: rank, layout: layout)
            problems += flow.run()
        }
        return problems
    }

    /// Whether two ranks of a stage read and write the same elements in the same order.
    private static func flowAlike(_ a: Program, _ b: Program) -> Bool {
        a.coordinate.data == b.coordinate.data && a.shard.owned.map(\.elements) == b.shard.owned.map(\.elements)
            && a.packsParameters == b.packsParameters && a.packsGradients == b.packsGradients
            && a.actions == b.actions && a.passes == b.passes && a.buffers == b.buffers
    }
}

extension Instruction {
    /// What no executor could do: slots of a fold beyond their buffer, or an exchange that it has no way for.
    fileprivate func fault(in program: Program) -> String? {
        if case .collective(let collective) = operation {
            let types = (reads + writes).compactMap { operand in
                program.buffers.indices.contains(operand.buffer.index)
                    ? program.buffers[operand.buffer.index].elementType : nil
            }
            guard program.style == .serre else { return nil }
            if Set(types).count > 1 { return "exchanges elements of two types" }
            let adds = [.allReduceSum, .allReduceMax, .reduceScatter].contains(collective.kind)
            return adds && types.first != .float32 ? "adds elements that are not float32" : nil
        }
        if stream == .communication { return "is no collective, and on the communication stream" }
        guard let slots = foldSlots(in: program), let first = writes.last,
            program.buffers.indices.contains(first.buffer.index)
        else { return nil }
        let end = first.offset + (slots.count - 1) * slots.stride + first.count
        return end > program.buffers[first.buffer.index].count ? "keeps slots beyond its buffer" : nil
    }

    /// The slots that a fold keeps beside its operand.
    private func foldSlots(in program: Program) -> (count: Int, stride: Int)? {
        switch operation {
        case .foldRound(_, let stride, let fold): (fold.roundSlots, stride)
        case .weightGradient(_, _, let fold), .biasGradient(_, let fold):
            (fold.persistentSlots, program.shard.count)
        default: nil
        }
    }
}
