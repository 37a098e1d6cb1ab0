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
    /// The micro-batch whose data each copy holds.
    private var holders: [Int?]
    private var begun: Set<Int> = []
    private var problems: [Checker.Problem] = []
    private let passBuffers: [Int]
    private let microbatchBuffers: [Int]

    /// Enough to see a pattern; a program that is wrong once is often wrong in every micro-batch.
    private static let problemsMax = 16

    init(program: Program, rank: Int, layout: Layout) {
        self.program = program
        self.rank = rank
        self.layout = layout
        holders = Array(repeating: nil, count: program.microbatchCopies)
        written = program.buffers.map { buffer in
            Array(repeating: ElementSet(), count: buffer.lifetime == .microbatch ? program.microbatchCopies : 1)
        }
        passBuffers = program.buffers.indices.filter { program.buffers[$0].lifetime == .pass }
        microbatchBuffers = program.buffers.indices.filter { program.buffers[$0].lifetime == .microbatch }
        for (i, buffer) in program.buffers.enumerated() where buffer.existsBeforeFirstStep {
            written[i][0].insert(0..<buffer.count)
        }
    }

    mutating func run() -> [Checker.Problem] {
        var backwards = 0
        for action in program.actions where problems.count < Self.problemsMax {
            let pass = program.passes[action.pass]
            if pass.name == PassName.backward.rawValue {
                if action.microbatch != backwards {
                    report(.backwardOrder, "micro-batch \(action.microbatch) where \(backwards) is due")
                }
                backwards += 1
            }
            follow(pass, microbatch: action.microbatch)
        }
        guard problems.isEmpty else { return problems }
        checkStepEnd(backwards: backwards)
        return problems
    }

    /// Nothing may be missing when the next step begins: no micro-batch of the sums (A6), no element of the parameters.
    private mutating func checkStepEnd(backwards: Int) {
        let due = program.passes.lazy.flatMap(\.instructions).compactMap(\.operation.laneFold).first?.microbatches
        if let due, backwards > 0, backwards != due {
            report(.backwardOrder, "the step ends after \(backwards) of \(due) micro-batches")
        }
        for (i, buffer) in program.buffers.enumerated()
        where buffer.kind == .parameters && !written[i][0].covers(0..<buffer.count) {
            report(
                .readBeforeWrite, "the step leaves elements of buffer “\(buffer.name)” as they were before the update")
        }
    }

    private mutating func follow(_ pass: Pass, microbatch: Int) {
        let copy = microbatch % program.microbatchCopies
        for i in passBuffers { written[i][0] = ElementSet() }
        if begun.insert(microbatch).inserted {
            holders[copy] = microbatch
            for i in microbatchBuffers { written[i][copy] = ElementSet() }
        }
        for (index, instruction) in pass.instructions.enumerated() {
            func place() -> String { "\(pass.name), instruction \(index)" }
            for (i, operand) in instruction.reads.enumerated() {
                checkRead(operand, partsRead(i, of: instruction), microbatch, place())
            }
            for (i, operand) in instruction.writes.enumerated() {
                let copy = isPerMicrobatch(operand) ? copy : 0
                if invalidatesRest(i, of: instruction) { written[operand.buffer.index][copy].remove(operand.elements) }
                for part in partsWritten(i, of: instruction) { written[operand.buffer.index][copy].insert(part) }
            }
        }
    }

    private func isPerMicrobatch(_ operand: Operand) -> Bool {
        program.buffers[operand.buffer.index].lifetime == .microbatch
    }

    private mutating func checkRead(
        _ operand: Operand, _ parts: [Range<Int>], _ microbatch: Int, _ place: @autoclosure () -> String
    ) {
        let name = program.buffers[operand.buffer.index].name
        var copy = 0
        if isPerMicrobatch(operand) {
            copy = microbatch % program.microbatchCopies
            guard holders[copy] == microbatch else {
                let holder = holders[copy].map { "micro-batch \($0)" } ?? "nothing"
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
        case .adamW where index == 0: return ownedParts(of: operand)
        case .collective(let c) where c.kind == .reduceScatter: return [ownChunk(c, of: operand)]
        default: return [operand.elements]
        }
    }

    /// After a reduce-scatter the other chunks hold mere contributions; after an update, other ranks' shares are out of date.
    private func invalidatesRest(_ index: Int, of instruction: Instruction) -> Bool {
        switch instruction.operation {
        case .adamW: index == 0
        case .collective(let c): c.kind == .reduceScatter
        default: false
        }
    }

    private func ownedParts(of operand: Operand) -> [Range<Int>] {
        program.shard.owned.map { $0.elements.clamped(to: operand.elements) }
    }

    private func ownChunk(_ collective: CollectiveOperation, of operand: Operand) -> Range<Int> {
        let members = collective.group.members(of: program.coordinate, in: layout)
        guard let member = members.firstIndex(of: rank), collective.cuts.count == members.count + 1 else {
            return operand.elements
        }
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
