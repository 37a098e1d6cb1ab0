import Numerics
import Programs
import Scenarios

/// Lets a scenario's faults befall the instructions of a rehearsed run.
final class FaultInjector: InstructionObserver {
    private let cluster: SimulatedCluster
    private let stepSeconds: (Int) -> Double
    /// Instructions that each rank has ended in this step.
    private var counts: [Int]
    private var isQuiet = false
    /// How often a step has begun; what fails again fails in another execution.
    private var executions = 0

    private static let kinds: [FaultKind] = [.rankCrash, .leadLoss, .nodeLoss, .hang, .bufferFlip, .nonFinite]

    init(_ cluster: SimulatedCluster, ranks: Int, stepSeconds: @escaping (Int) -> Double) {
        self.cluster = cluster
        self.stepSeconds = stepSeconds
        counts = Array(repeating: 0, count: ranks)
    }

    func begin(step: Int) {
        executions += 1
        cluster.begin(step: step, seconds: stepSeconds(step))
        for rank in counts.indices { counts[rank] = 0 }
        isQuiet = !cluster.mayHit(Set(Self.kinds), inStep: step)
    }

    var wantsInstructions: Bool { !isQuiet }

    func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
        // Ranks of a job that is over run on to their next message; nothing more can befall them.
        guard cluster.death == nil else { return }
        let number = counts[place.rank]
        counts[place.rank] = number + 1
        for planned in cluster.active(Self.kinds)
        where planned.event.operation == nil && number >= planned.event.instruction ?? 0 && planned.isAt(cluster.step)
            && planned.lastExecution != executions
        {
            befall(planned, place, outputs)
        }
    }

    private func befall(
        _ planned: SimulatedCluster.Planned, _ place: InstructionPlace, _ outputs: [WrittenMemory]
    ) {
        let event = planned.event
        switch event.kind {
        case .rankCrash where event.rank == place.rank, .leadLoss where place.rank == 0:
            cluster.happened(planned, "the process of rank \(place.rank) is killed in \(name(place))")
            cluster.die("killed", "the process of rank \(place.rank) was killed by signal 9 in \(name(place))")
        case .nodeLoss where event.node == cluster.node(of: place.rank):
            cluster.happened(planned, "node \(event.node ?? 0) is gone")
            cluster.die("node-lost", "node \(event.node ?? 0) is lost", losingMemory: true)
        case .hang where event.rank == place.rank && cluster.hung == nil:
            cluster.happened(planned, "in \(name(place))")
            cluster.hang(place.rank)
        case .bufferFlip where event.rank == place.rank:
            guard let output = numbers(outputs) else { return }
            planned.lastExecution = executions
            let size = output.elementType.bytes
            // A unit that fails again and again does not fail in the same place each time.
            let again = planned.timesSoFar
            let bit = ((event.bit ?? 0) + again) % (8 * size)
            output.bytes[((event.element ?? 0) + 7919 * again) % output.count * size + bit / 8] ^= 1 << UInt8(bit % 8)
            cluster.happened(planned, "bit \(bit) of an element of “\(output.buffer)” of rank \(place.rank) changes")
        case .nonFinite where event.rank == place.rank:
            guard let output = numbers(outputs) else { return }
            let size = output.elementType.bytes
            let start = (event.element ?? 0) % output.count * size
            for byte in 0..<size { output.bytes[start + byte] = 0xFF }
            cluster.happened(planned, "an element of “\(output.buffer)” of rank \(place.rank) is no number")
        default: break
        }
    }

    /// Floating-point numbers among what was written: a changed token would be another index, which no kernel checks.
    private func numbers(_ outputs: [WrittenMemory]) -> WrittenMemory? {
        outputs.first { !$0.bytes.isEmpty && ($0.elementType == .float32 || $0.elementType == .bfloat16) }
    }

    private func name(_ place: InstructionPlace) -> String {
        "pass \(place.pass), micro-batch \(place.microbatch), instruction \(place.instruction)"
    }
}

extension SimulatedCluster.Planned {
    /// Whether a fault of an instruction is for this step, or begins at a time.
    fileprivate func isAt(_ step: Int) -> Bool {
        if case .step(let own) = event.moment { own == step } else { true }
    }
}
