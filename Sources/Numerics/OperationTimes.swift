import Diagnostics
import Programs

/// Where the time of steps goes: seconds, calls and work of each kind of operation, over all ranks of a host.
public final class OperationTimes {
    public struct Entry: Sendable {
        /// The operation, and its shape where that is what tells calls apart.
        public var name: String
        public var calls = 0
        public var seconds = 0.0
        /// What the calls cost by the programs' own account.
        public var work = Work()
    }

    /// In the order in which the operations first ran.
    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    public init() {}

    /// Does `body`, which is `instruction`, and adds its time.
    /// `body` says whether the instruction has ended; a call that only waits counts as time, not as a call.
    func measure(_ instruction: Instruction, _ body: () throws(Diagnostic) -> Bool) throws(Diagnostic) -> Bool {
        let started = ContinuousClock.now
        let ended = try body()
        add(instruction, Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9, ended: ended)
        return ended
    }

    private func add(_ instruction: Instruction, _ seconds: Double, ended: Bool) {
        let name = instruction.operation.label(tokens: instruction.reads.first?.count ?? 0)
        let place = places[name] ?? entries.count
        if place == entries.count {
            places[name] = place
            entries.append(Entry(name: name))
        }
        entries[place].seconds += seconds
        guard ended else { return }
        let work = instruction.work()
        entries[place].calls += 1
        entries[place].work.matrixOperations += work.matrixOperations
        entries[place].work.memoryBytes += work.memoryBytes
    }

    /// Forgets what was measured so far.
    public func reset() {
        entries = []
        places = [:]
    }
}
