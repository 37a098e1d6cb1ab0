import Recipes

/// Follows the writes and reads of one rank's program: every element must be written before it is read.
///
/// The program's operands must lie within its buffers.
struct DataFlowCheck {
    let program: Program
    let rank: Int
    let layout: Layout
    /// Valid parts, per buffer and copy.
    private var written: [[ElementSet]]
    /// The micro-batch whose data each copy of a buffer holds.
    private var holders: [[Int?]]
    private var problems: [Checker.Problem] = []
    private let passBuffers: [Int]

    /// Enough to see a pattern; a program that is wrong once is often wrong in every micro-batch.
    private static let problemsMax = 16

    init(program: Program, rank: Int, layout: Layout) {
        self.program = program
        self.rank = rank
        self.layout = layout
        holders = program.buffers.map { Array(repeating: nil, count: $0.copies) }
        written = program.buffers.map { Array(repeating: ElementSet(), count: $0.copies) }
        passBuffers = program.buffers.indices.filter { program.buffers[$0].lifetime == .pass }
        for (i, buffer) in program.buffers.enumerated() where buffer.existsBeforeFirstStep {
            written[i][0].insert(0..<buffer.count)
        }
    }

    mutating func run() -> [Checker.Problem] {
        // Backwards done so far, by chunk; none at all where there is nothing but a forward.
        let chunks = program.passes.compactMap { pass -> Int? in
            if case .backward(let chunk, _) = pass.role { return chunk }
            return nil
        }
        let isStep = program.actions.contains { program.passes[$0.pass].role == .optimizerStep }
        var backwards = Array(repeating: 0, count: isStep ? (chunks.max() ?? -1) + 1 : 0)
        for action in program.actions where problems.count < Self.problemsMax {
            let pass = program.passes[action.pass]
            if case .backward(let chunk, let closingLane) = pass.role {
                while backwards.count <= chunk { backwards.append(0) }
                if action.microbatch != backwards[chunk] {
                    report(.backwardOrder, "micro-batch \(action.microbatch) where \(backwards[chunk]) is due")
                }
                if let fold, fold.closesLane(action.microbatch) != closingLane {
                    report(.backwardOrder, "“\(pass.name)” for micro-batch \(action.microbatch)")
                }
                backwards[chunk] += 1
            }
            follow(pass, microbatch: action.microbatch)
        }
        guard problems.isEmpty else { return problems }
        for done in backwards { checkStepEnd(backwards: done) }
        checkParameters()
        return problems
    }

    private var fold: LaneFold? {
        program.passes.lazy.flatMap(\.instructions).compactMap(\.operation.laneFold).first
    }

    /// Nothing may be missing when the next step begins: no micro-batch of the sums (A6), …
    private mutating func checkStepEnd(backwards: Int) {
        guard let due = fold?.microbatches, backwards != due else { return }
        report(.backwardOrder, "the step ends after \(backwards) of \(due) micro-batches")
    }

    /// … and no element of the parameters.
    private mutating func checkParameters() {
        for (i, buffer) in program.buffers.enumerated()
        where buffer.kind == .parameters && !written[i][0].covers(0..<buffer.count) {
            report(
                .readBeforeWrite, "the step leaves elements of buffer “\(buffer.name)” as they were before the update")
        }
    }

    private mutating func follow(_ pass: Pass, microbatch: Int) {
        for i in passBuffers { written[i][0] = ElementSet() }
        for (index, instruction) in pass.instructions.enumerated() {
            func place() -> String { "\(pass.name), instruction \(index)" }
            for (i, operand) in instruction.reads.enumerated() {
                checkRead(operand, partsRead(i, of: instruction), microbatch, place())
            }
            forgetContributions(to: instruction)
            for (i, operand) in instruction.writes.enumerated() {
                let copy = copy(of: operand, microbatch)
                if isPerMicrobatch(operand), holders[operand.buffer.index][copy] != microbatch {
                    holders[operand.buffer.index][copy] = microbatch
                    written[operand.buffer.index][copy] = ElementSet()
                }
                if invalidatesRest(i, of: instruction) { written[operand.buffer.index][copy].remove(operand.elements) }
                for part in partsWritten(i, of: instruction) { written[operand.buffer.index][copy].insert(part) }
            }
        }
    }

    /// After a reduce-scatter in place the chunks of other members hold mere contributions.
    private mutating func forgetContributions(to instruction: Instruction) {
        guard case .collective(let collective) = instruction.operation, collective.scatters,
            let read = instruction.reads.first, read.buffer == instruction.writes.first?.buffer,
            !isPerMicrobatch(read)
        else { return }
        written[read.buffer.index][0].remove(read.elements)
    }

    private func isPerMicrobatch(_ operand: Operand) -> Bool {
        program.buffers[operand.buffer.index].lifetime == .microbatch
    }

    private func copy(of operand: Operand, _ microbatch: Int) -> Int {
        microbatch % program.buffers[operand.buffer.index].copies
    }

    private mutating func checkRead(
        _ operand: Operand, _ parts: [Range<Int>], _ microbatch: Int, _ place: @autoclosure () -> String
    ) {
        let name = program.buffers[operand.buffer.index].name
        let copy = copy(of: operand, microbatch)
        if isPerMicrobatch(operand), !operand.elements.isEmpty {
            let holder = holders[operand.buffer.index][copy]
            guard holder == microbatch else {
                let holder = holder.map { "micro-batch \($0)" } ?? "nothing"
                report(
                    .readBeforeWrite,
                    "\(place()) reads buffer “\(name)” of micro-batch \(microbatch), which holds \(holder)")
                return
            }
        }
        if !parts.allSatisfy({ written[operand.buffer.index][copy].covers($0) }) {
            report(.readBeforeWrite, "\(place()) reads buffer “\(name)” before it is written")
        }
    }

    private mutating func report(_ kind: Checker.Problem.Kind, _ detail: String) {
        problems.append(.init(kind: kind, rank: rank, detail: detail))
    }
}

/// The elements that an operation touches where it does not touch its whole operands.
extension DataFlowCheck {
    private func partsRead(_ index: Int, of instruction: Instruction) -> [Range<Int>] {
        let operand = instruction.reads[index]
        switch instruction.operation {
        case .statistics(.squareSums), .adamW: return ownedParts(of: operand)
        case .collective(let c) where c.kind == .allGather: return [ownChunk(c, of: operand)]
        default: return [operand.elements]
        }
    }

    private func partsWritten(_ index: Int, of instruction: Instruction) -> [Range<Int>] {
        let operand = instruction.writes[index]
        switch instruction.operation {
        case .adamW where index == 0, .roundShard: return ownedParts(of: operand)
        case .collective(let c) where c.scatters: return [ownChunk(c, of: operand)]
        default: return [operand.elements]
        }
    }

    /// After a reduce-scatter the other chunks hold mere contributions; after an update, other ranks' shares are out of date.
    private func invalidatesRest(_ index: Int, of instruction: Instruction) -> Bool {
        switch instruction.operation {
        case .adamW, .roundShard: index == 0
        case .collective(let c): c.scatters
        default: false
        }
    }

    private func ownedParts(of operand: Operand) -> [Range<Int>] {
        let isPacked =
            switch program.buffers[operand.buffer.index].kind {
            case .parameters: program.packsParameters
            case .optimizer: true
            default: program.packsGradients
            }
        return program.shard.owned.map { range in
            let elements = isPacked ? range.packed..<(range.packed + range.count) : range.elements
            return elements.clamped(to: operand.elements)
        }
    }

    private func ownChunk(_ collective: CollectiveOperation, of operand: Operand) -> Range<Int> {
        let members = collective.group.members(of: program.coordinate, in: layout)
        // An operand of another size than the whole vector is the chunk itself.
        guard operand.count == collective.count, collective.blocks == 1, let member = members.firstIndex(of: rank),
            collective.cuts.count == members.count + 1
        else { return operand.elements }
        return operand[collective.cuts[member]..<collective.cuts[member + 1]].elements
    }
}

extension BufferDeclaration {
    /// Filled by whoever starts a run: the state, and the constants of the model.
    fileprivate var existsBeforeFirstStep: Bool {
        kind == .parameters || kind == .optimizer
            || [BufferDeclaration.slopesName, BufferDeclaration.rotaryTableName].contains(name)
    }
}
