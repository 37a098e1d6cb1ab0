import Numerics
import Programs
import Scenarios

/// Lets a scenario's faults befall the instructions of a rehearsed run.
final class FaultInjector: InstructionObserver {
    private let cluster: SimulatedCluster
    private let stepSeconds: (Int) -> Double
    /// Instructions that each rank runs in a step and in a batch of an evaluation.
    private let sizes: InstructionCounts
    /// Instructions that each rank has ended in this step or evaluation.
    private var counts: [Int]
    private var isQuiet = false
    /// How often a step has begun; what fails again fails in another execution.
    private var executions = 0

    private static let kinds: [FaultKind] = [.rankCrash, .leadLoss, .nodeLoss, .hang, .bufferFlip, .nonFinite]

    init(_ cluster: SimulatedCluster, _ sizes: InstructionCounts, stepSeconds: @escaping (Int) -> Double) {
        self.cluster = cluster
        self.sizes = sizes
        self.stepSeconds = stepSeconds
        counts = Array(repeating: 0, count: sizes.step.count)
    }

    func begin(step: Int) {
        executions += 1
        cluster.begin(step: step, seconds: stepSeconds(step))
        for rank in counts.indices { counts[rank] = 0 }
        isQuiet = !cluster.mayHit(Set(Self.kinds), inStep: step)
    }

    func beginEvaluation(after step: Int) -> Bool {
        executions += 1
        // Its later batches go on with it.
        if cluster.beginEvaluation(after: step) { for rank in counts.indices { counts[rank] = 0 } }
        return cluster.mayHit(Set(Self.kinds), inStep: step)
    }

    var wantsInstructions: Bool { !isQuiet }

    func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
        // Ranks of a job that is over run on to their next message; nothing more can befall them.
        guard cluster.death == nil else { return }
        let number = counts[place.rank]
        counts[place.rank] = number + 1
        for planned in cluster.active(Self.kinds)
        where planned.event.operation == nil && number >= planned.event.instruction ?? 0
            && cluster.isTime(of: planned.event) && planned.lastExecution != executions
            && concerns(planned.event, place.rank)
        {
            catchUp(place.rank, number)
            guard cluster.death == nil else { return }
            befall(planned, place, outputs)
        }
    }

    private func concerns(_ event: FaultEvent, _ rank: Int) -> Bool {
        switch event.kind {
        case .leadLoss: rank == 0
        case .nodeLoss: event.node == cluster.node(of: rank)
        default: event.rank == rank
        }
    }

    /// What is written in the background has come as far as the rank has.
    private func catchUp(_ rank: Int, _ number: Int) {
        guard cluster.phase == .step, sizes.step[rank] > 0 else { return }
        let share = min(Double(number + 1) / Double(sizes.step[rank]), 1)
        cluster.background.catchUp(to: cluster.now + share * stepSeconds(cluster.step))
    }

    private func befall(
        _ planned: SimulatedCluster.Planned, _ place: InstructionPlace, _ outputs: [WrittenMemory]
    ) {
        let event = planned.event
        switch event.kind {
        case .rankCrash, .leadLoss:
            cluster.happened(planned, "the process of rank \(place.rank) is killed in \(name(place))")
            cluster.die("killed", "the process of rank \(place.rank) was killed by signal 9 in \(name(place))")
        case .nodeLoss:
            cluster.happened(planned, "node \(event.node ?? 0) is gone")
            cluster.die("node-lost", "node \(event.node ?? 0) is lost", losingMemory: true)
        case .hang where cluster.hung == nil:
            cluster.happened(planned, "in \(name(place))")
            cluster.hang(place.rank)
        case .bufferFlip:
            guard let output = numbers(outputs) else { return }
            planned.lastExecution = executions
            let size = output.elementType.bytes
            // A unit that fails again and again does not fail in the same place each time.
            let again = planned.timesSoFar
            let bit = ((event.bit ?? 0) + again) % (8 * size)
            output.bytes[((event.element ?? 0) + 7919 * again) % output.count * size + bit / 8] ^= 1 << UInt8(bit % 8)
            cluster.happened(planned, "bit \(bit) of an element of “\(output.buffer)” of rank \(place.rank) changes")
        case .nonFinite:
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
        "\(cluster.evaluationWords.map { $0 + ", " } ?? "")pass \(place.pass), micro-batch \(place.microbatch), instruction \(place.instruction)"
    }
}
