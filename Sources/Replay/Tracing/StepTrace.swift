import Diagnostics
import Integrity
import Numerics
import Programs

/// The digest of what each instruction of one step has written, over all ranks, in the order of execution.
///
/// Two traces of the same step on the same layout are equal exactly if every instruction wrote the same bits, and each
/// entry comes after those whose results it has used: the first that differs is where the two steps part.
/// A trace is taken with fresh memory, so that nothing depends on the steps before but the state.
public struct StepTrace: Sendable, Equatable {
    /// The step, the digest of what decides the run's result, and the layout.
    public var step: Int
    public var recipeDigest: String
    public var layout: String
    public var entries: [Entry] = []

    public struct Entry: Sendable, Equatable {
        public var place: InstructionPlace
        /// Of the bytes written: SHA-256 over the outputs in the instruction's order.
        public var digest: Digest
    }

    /// The index of the first entry in which `other` differs; `nil` when both are the same to their ends.
    public func firstDifference(from other: StepTrace) -> Int? {
        let shared = min(entries.count, other.entries.count)
        return (0..<shared).first { entries[$0] != other.entries[$0] }
            ?? (entries.count == other.entries.count ? nil : shared)
    }
}

/// Takes a trace, and copies what one of its instructions wrote.
final class TraceRecorder: InstructionObserver {
    private(set) var trace: StepTrace
    /// The trace to compare with while recording, and where the two part.
    private let expected: StepTrace?
    private(set) var difference: Int?
    /// The entry whose outputs are to be copied; without one, the first that differs from `expected`.
    private let wanted: Int?
    private(set) var captured: CapturedInstruction?

    init(_ trace: StepTrace, comparing expected: StepTrace? = nil, capturing wanted: Int? = nil) {
        (self.trace, self.expected, self.wanted) = (trace, expected, wanted)
    }

    func begin(step: Int) {}

    func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
        var hash = SHA256()
        for output in outputs { hash.update(UnsafeRawBufferPointer(output.bytes)) }
        let entry = StepTrace.Entry(place: place, digest: hash.finish())
        let index = trace.entries.count
        trace.entries.append(entry)
        if difference == nil, let expected, index >= expected.entries.count || expected.entries[index] != entry {
            difference = index
            if wanted == nil { captured = CapturedInstruction(instruction, place, outputs) }
        }
        if wanted == index { captured = CapturedInstruction(instruction, place, outputs) }
    }

    /// Where the trace parts from the expected one, its end included.
    var firstDifference: Int? { difference ?? expected.flatMap { trace.firstDifference(from: $0) } }
}

/// Several observers as one, told in order.
final class ObserverChain: InstructionObserver {
    private let observers: [any InstructionObserver]

    init(_ observers: [any InstructionObserver]) { self.observers = observers }

    func begin(step: Int) { for observer in observers { observer.begin(step: step) } }

    func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
        for observer in observers { observer.ended(instruction, at: place, writing: outputs) }
    }
}
