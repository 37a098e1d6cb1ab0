import Diagnostics
import Programs

/// A sum over what each instruction of a step has written, rank by rank: two executions of one step are the same where
/// these are, and part at the first that differs.
///
/// It hands every call on to another observer first, so that it sees what that one has changed.
public final class WorkTrace: InstructionObserver {
    private let next: (any InstructionObserver)?
    private var entries: [Int: [Entry]] = [:]

    private var count = 0

    /// What an instruction has written, in one number.
    private struct Entry {
        /// Its place among the instructions of all ranks of this host: after all whose numbers it has used.
        var order: Int
        var place: InstructionPlace
        var operation: Operation
        var firstOperand: Int
        var sum: UInt64
    }

    init(before next: (any InstructionObserver)?) { self.next = next }

    public func begin(step: Int) {
        next?.begin(step: step)
        (entries, count) = ([:], 0)
    }

    public func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
        if let next, next.wantsInstructions { next.ended(instruction, at: place, writing: outputs) }
        var sum: UInt64 = 0
        for output in outputs { sum = mixedWords(sum, wordSum(UnsafeRawBufferPointer(output.bytes))) }
        entries[place.rank, default: []].append(
            Entry(
                order: count, place: place, operation: instruction.operation,
                firstOperand: instruction.reads.first?.count ?? 0,
                sum: sum))
        count += 1
    }

    /// One number for all that a rank has written.
    public func sum(ofRank rank: Int) -> UInt64 { sorted(rank).reduce(0) { mixedWords($0, $1.sum) } }

    /// The first instruction of a rank that wrote other numbers than in another execution.
    public func firstDifference(ofRank rank: Int, from other: WorkTrace) -> WorkDifference? {
        let differing = zip(sorted(rank), other.sorted(rank)).filter { $0.sum != $1.sum }.map { $0.0 }
        return differing.min { $0.order < $1.order }.map { entry in
            WorkDifference(
                order: entry.order, place: entry.place, label: entry.operation.label(tokens: entry.firstOperand),
                isExchange: entry.operation.bringsForeignNumbers, isLoad: entry.operation.loads)
        }
    }

    /// What a rank has done by its place in the program: when an exchange ends depends on when messages come.
    private func sorted(_ rank: Int) -> [Entry] {
        (entries[rank] ?? []).sorted {
            ($0.place.action, $0.place.instruction) < ($1.place.action, $1.place.instruction)
        }
    }
}

/// Where two executions of a step part on a rank.
public struct WorkDifference: Sendable, Equatable {
    /// Place among the instructions of all ranks of the host, which come after all whose numbers they use.
    public var order: Int
    public var place: InstructionPlace
    /// What the instruction does, in words.
    public var label: String
    /// Whether other ranks' numbers come in here: then those may be to blame.
    public var isExchange: Bool
    /// Whether the corpus comes in here.
    public var isLoad: Bool
}

extension Operation {
    fileprivate var loads: Bool {
        switch self {
        case .loadTokens, .loadTargets: true
        default: false
        }
    }

    fileprivate var bringsForeignNumbers: Bool {
        switch self {
        case .receive, .collective, .statistics: true
        // Scaled by the norm over all ranks, which the statistics leave in no buffer.
        case .adamW: true
        default: false
        }
    }
}

extension Executor {
    /// Runs a step like ``step(_:)``, and tells what each instruction has written.
    public func tracedStep(_ input: StepInput) throws(Diagnostic) -> (outcome: StepOutcome, trace: WorkTrace) {
        let usual = observer
        let trace = WorkTrace(before: usual)
        observe(trace)
        defer { observe(usual) }
        return (try step(input), trace)
    }
}
