import CKernels
import Diagnostics
import Fabrics
import Programs

/// Measures messages and Serre's own all-reduce between two processes of one node, one rank each.
public struct MessageBenchmark {
    public struct Result: Sendable {
        public var bytes: Int
        /// Medians: until a message has arrived, and of an all-reduce of so many bytes.
        public var message, exchange: Double
    }

    private let fabric: any Fabric
    private let kernels: KernelContext
    private var rank: Int { fabric.host }

    /// Throws `bench.two-processes` unless the fabric has two ranks on two hosts.
    public init(fabric: any Fabric) throws(Diagnostic) {
        guard fabric.hosts == 2, fabric.ranks == 2 else {
            throw Diagnostic(
                "bench.two-processes", "messages are measured between two processes", expected: "2",
                found: "\(fabric.hosts)", remedy: "start it with mpirun -np 2")
        }
        self.fabric = fabric
        kernels = try KernelContext(instructionSet: KernelContext.environmentInstructionSet(), workers: 1)
    }

    /// Measures messages and all-reduces of a size, `repeats` turns of each. Both processes must call it.
    public func measure(bytes: Int, repeats: Int) throws(Diagnostic) -> Result {
        let count = max(2, bytes / 4)
        var values = [Float](repeating: 1, count: count)
        var messages: [Double] = []
        var exchanges: [Double] = []
        // The first turn warms pages and MPI's own buffers.
        for turn in 0...repeats {
            try fabric.barrier()
            let message = try pingPong(&values) / 2
            try fabric.barrier()
            let exchange = try allReduce(&values)
            if turn > 0 {
                messages.append(message)
                exchanges.append(exchange)
            }
        }
        return Result(bytes: 4 * count, message: median(messages), exchange: median(exchanges))
    }

    private func pingPong(_ values: inout [Float]) throws(Diagnostic) -> Double {
        let started = ContinuousClock.now
        if rank == 0 { send(values) }
        while try !receive(&values) { try fabric.idle() }
        if rank == 1 { send(values) }
        return seconds(since: started)
    }

    private func send(_ values: [Float]) {
        values.withUnsafeBytes { fabric.send($0, from: rank, to: 1 - rank, tag: 1) }
    }

    private func receive(_ values: inout [Float]) throws(Diagnostic) -> Bool {
        guard let payload = try fabric.take(from: 1 - rank, to: rank, tag: 1) else { return false }
        values.withUnsafeMutableBytes { memory in payload.withBytes { memory.copyMemory(from: $0) } }
        return true
    }

    private func allReduce(_ values: inout [Float]) throws(Diagnostic) -> Double {
        let count = values.count
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
        memory.update(from: values, count: count)
        defer { memory.deallocate() }
        let kernel = CollectiveOperation.Kind.allReduceSum.kernel
        let started = ContinuousClock.now
        let collective = Collective(
            .allReduce, group: [0, 1], member: rank, tag: 2, cuts: [0, count / 2, count], input: memory, output: memory
        ) { [kernels] contributions, output, count in
            kernel(kernels.pointer, Int64(count), contributions, Int64(contributions.count), output)
        }
        while try !collective.step(fabric) { try fabric.idle() }
        return seconds(since: started)
    }

    private func seconds(since started: ContinuousClock.Instant) -> Double {
        Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9
    }
}
