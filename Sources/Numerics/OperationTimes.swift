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

    /// The calls of one operation that do the same work.
    public struct Kernel: Sendable {
        /// Of the first call.
        public var operation: Programs.Operation
        public var name: String
        public var work: Work
        /// Of each call, in order.
        public var seconds: [Double] = []
    }

    /// In the order in which the operations first ran.
    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]
    /// Whether each call is kept, by ``kernels``.
    private let keepsCalls: Bool
    /// In the order in which they first ran; empty unless calls are kept.
    public private(set) var kernels: [Kernel] = []
    private var kernelPlaces: [String: Int] = [:]

    /// `keepingCalls` also keeps the seconds of every call.
    public init(keepingCalls: Bool = false) { keepsCalls = keepingCalls }

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
        if keepsCalls { keep(instruction.operation, name, work, seconds) }
    }

    private func keep(_ operation: Programs.Operation, _ name: String, _ work: Work, _ seconds: Double) {
        let key = "\(name) \(work.matrixOperations) \(work.memoryBytes)"
        let place = kernelPlaces[key] ?? kernels.count
        if place == kernels.count {
            kernelPlaces[key] = place
            kernels.append(Kernel(operation: operation, name: name, work: work))
        }
        kernels[place].seconds.append(seconds)
    }

    /// Forgets what was measured so far.
    public func reset() {
        entries = []
        places = [:]
        kernels = []
        kernelPlaces = [:]
    }
}
