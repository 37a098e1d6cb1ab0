import Programs

/// Is told of every instruction of a step that a local rank has ended, with the memory that it has written.
///
/// ```swift
/// executor.observe(recorder)
/// _ = try executor.step(input)
/// ```
/// In one process ranks take turns in a fixed order, so the instructions come in the same order each time, and each comes
/// after all those whose results it has used: the first that differs between two runs is where they part.
public protocol InstructionObserver: AnyObject {
    /// Called before the first instruction of a step.
    func begin(step: Int)

    /// Whether the step that has just begun is to be told instruction by instruction, which costs time.
    var wantsInstructions: Bool { get }

    /// Called before the forward passes over each global batch of an evaluation of the state after `step`; whether these are to
    /// be told instruction by instruction.
    func beginEvaluation(after step: Int) -> Bool

    /// Called right after the instruction. Changing the bytes changes what the run goes on with: that is how a fault is
    /// planted.
    func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory])
}

extension InstructionObserver {
    public var wantsInstructions: Bool { true }
    public func beginEvaluation(after step: Int) -> Bool { false }
}

/// Which instruction of a step it was.
public struct InstructionPlace: Sendable, Hashable {
    public var rank: Int
    /// Place in the rank's schedule, and what it is there for.
    public var action: Int
    public var pass: Int
    public var microbatch: Int
    /// Place in the pass.
    public var instruction: Int

    public init(rank: Int, action: Int, pass: Int, microbatch: Int, instruction: Int) {
        self.rank = rank
        self.action = action
        self.pass = pass
        self.microbatch = microbatch
        self.instruction = instruction
    }
}

/// Memory that an instruction has written: neighbouring elements of one buffer.
public struct WrittenMemory {
    /// The buffer's name in the rank's program, and the first of its elements here.
    public var buffer: String
    public var offset: Int
    public var elementType: BufferDeclaration.ElementType
    public var bytes: UnsafeMutableRawBufferPointer

    public var count: Int { bytes.count / elementType.bytes }
}

extension Executor {
    /// The program that a local rank runs at the batch size of its last step; `nil` where another host has the rank.
    public func program(ofRank rank: Int) -> Program? { ranks.first { $0.rank == rank }?.program }
}

extension RankExecutor {
    /// Tells the observer of an instruction of the pass that `action`, the schedule's entry at `number`, names.
    func tell(_ index: Int, of action: Action, at number: Int) {
        guard let observer else { return }
        let instruction = program.passes[action.pass].instructions[index]
        observer.ended(
            instruction,
            at: InstructionPlace(
                rank: rank, action: number, pass: action.pass, microbatch: action.microbatch, instruction: index),
            writing: instruction.writes.flatMap { written($0, by: instruction, action.microbatch) })
    }

    /// What lies where the instruction writes; for sums over samples that is every slot of the fold that outlives it.
    private func written(_ operand: Operand, by instruction: Instruction, _ microbatch: Int) -> [WrittenMemory] {
        let declaration = program.buffers[operand.buffer.index]
        var offsets = [operand.offset]
        let isFirst = operand == instruction.writes.first
        switch instruction.operation {
        case .weightGradient(_, _, let fold) where isFirst, .biasGradient(_, let fold) where isFirst:
            offsets = (0..<fold.persistentSlots).map { operand.offset + $0 * program.shard.count }
        case .foldRound(_, let stride, let fold) where isFirst:
            offsets = (0..<fold.roundSlots).map { operand.offset + $0 * stride }
        default: break
        }
        return offsets.filter { $0 + operand.count <= declaration.count }.map { offset in
            var place = operand
            place.offset = offset
            return WrittenMemory(
                buffer: declaration.name, offset: offset, elementType: declaration.elementType,
                bytes: UnsafeMutableRawBufferPointer(
                    start: memory.bytes(place, microbatch: microbatch),
                    count: place.count * declaration.elementType.bytes))
        }
    }
}
