import CKernels
import Diagnostics
import Fabrics
import Programs
import Recipes

/// Runs the programs of this host's ranks: the interpreter that computes the numbers themselves.
///
/// Ranks are taken in rank order and run until each waits for a message, over and over; only when none can go on does the
/// host wait for another host. No order of execution can change a bit (A4, A12).
public final class Executor {
    public let recipe: Recipe
    public let fabric: any Fabric
    public let kernels: KernelContext
    let ranks: [RankExecutor]
    /// Who is told of every instruction of a step, when someone asks.
    private(set) var observer: (any InstructionObserver)?
    /// How long a rank may wait; `nil` for ever.
    public var watchdog: Watchdog? { didSet { watch() } }
    /// What the last steps took, which step is at hand, and whether it is evaluated.
    private(set) var stepTimes = StepTimes()
    private(set) var stepAtHand = 0
    private(set) var isEvaluating = false

    /// Allocates the ranks that `fabric` places on this host. All state is zero until it is initialised or loaded.
    public init(recipe: Recipe, fabric: any Fabric, kernels: KernelContext) throws(Diagnostic) {
        self.recipe = recipe
        self.fabric = fabric
        self.kernels = kernels
        var ranks: [RankExecutor] = []
        let wide = WideOperands()
        for rank in fabric.localRanks {
            ranks.append(
                try RankExecutor(rank: rank, recipe: recipe, kernels: kernels, fabric: fabric, wide: wide))
        }
        self.ranks = ranks
    }

    /// Holds a model's parameters alone, on one rank, for a ``ModelReader``: they can be initialised or loaded, and no step can
    /// be taken with them.
    public init(parametersOf recipe: Recipe, kernels: KernelContext) throws(Diagnostic) {
        self.recipe = recipe
        self.kernels = kernels
        fabric = try LocalFabric(ranks: 1)
        ranks = [
            try RankExecutor(parametersOf: recipe, kernels: kernels, fabric: fabric, wide: WideOperands())
        ]
    }

    /// Whether there is nothing but parameters, to be read with.
    public var holdsParametersAlone: Bool { ranks.allSatisfy { $0.program.passes.isEmpty } }

    /// Bytes of all local ranks' buffers, as their memory plans say.
    public var bufferBytes: Int { ranks.reduce(0) { $0 + $1.memory.bytesHeld } }

    /// Bytes of scratch beside the buffers: the kernels', and the wide copies of bfloat16 operands.
    public var scratchBytes: Int { kernels.scratchBytes + (ranks.first?.wide.bytesHeld ?? 0) }

    /// From now on adds the time of every instruction to `times`; `nil` to stop.
    public func measureOperations(_ times: OperationTimes?) {
        for rank in ranks { rank.times = times }
    }

    /// From now on tells `observer` of every instruction of the local ranks' steps; `nil` to stop.
    public func observe(_ observer: (any InstructionObserver)?) { self.observer = observer }

    /// Runs one optimiser step on every local rank.
    ///
    /// Throws when messages do not match or a worker's control register is not the contract's.
    public func step(_ input: StepInput) throws(Diagnostic) -> StepOutcome {
        precondition(!holdsParametersAlone, "parameters alone are for a ModelReader")
        try kernels.checkControlRegister()
        let batch = input.batch ?? recipe.batch.global
        guard recipe.batch.sizes.contains(batch) else {
            throw Diagnostic(
                "executor.batch", "the recipe knows no step of this size", expected: "one of \(recipe.batch.sizes)",
                found: "\(batch)", kind: .failure)
        }
        observer?.begin(step: input.step)
        (stepAtHand, isEvaluating) = (input.step, false)
        let started = ContinuousClock.now
        for rank in ranks {
            rank.observer = observer?.wantsInstructions == true ? observer : nil
            rank.use(batch: batch)
            rank.begin(rank.program.actions, input: input)
        }
        defer { for rank in ranks { rank.observer = nil } }
        try drive()
        stepTimes.add(ContinuousClock.now - started)
        guard let outcome = ranks.first?.statistics.outcome else {
            throw Diagnostic("executor.no-ranks", "this process holds no rank", kind: .failure)
        }
        return outcome
    }

    /// Runs forward passes over the samples of `input`, numbered from 0; their losses (sums over their tokens) in that order.
    ///
    /// There are `input.batch` of them, at most the global batch, and as many if that is `nil`. No more micro-batches run than
    /// they need; the last are filled up with the last sample, which then counts once.
    public func evaluate(_ input: StepInput) throws(Diagnostic) -> [Double] {
        precondition(!holdsParametersAlone, "parameters alone are for a ModelReader")
        try kernels.checkControlRegister()
        (stepAtHand, isEvaluating) = (input.step, true)
        let isTold = observer?.beginEvaluation(after: input.step) ?? false
        let batch = EvaluationBatch(recipe, samples: input.batch)
        let numbers = batch.numbersInGlobalBatch
        var spread = input
        spread.batch = nil
        spread.sample = { index, tokens in input.sample(min(numbers[index] ?? 0, batch.samples - 1), tokens) }
        for rank in ranks {
            rank.observer = isTold ? observer : nil
            rank.use(batch: recipe.batch.global)
            let actions = Lowering.evaluationActions(of: rank.program, recipe: recipe, samples: input.batch)
            rank.begin(actions, input: spread)
        }
        defer { for rank in ranks { rank.observer = nil } }
        try drive()
        return try gatherLosses(of: batch)
    }

    /// The samples' losses from the replicas' last stages, on every host.
    private func gatherLosses(of batch: EvaluationBatch) throws(Diagnostic) -> [Double] {
        var mine: [UInt8] = []
        for rank in ranks where rank.coordinate.tensor == 0 && !rank.sampleLosses.isEmpty {
            for value in [Double(rank.coordinate.data)] + rank.sampleLosses.prefix(batch.samplesPerReplica) {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { mine += Array($0) }
            }
        }
        let perRank = batch.samplesPerReplica
        var losses = [Double](repeating: 0, count: batch.samples)
        for bytes in try fabric.gatherFromHosts(mine) {
            let values = doubles(bytes)
            for start in stride(from: 0, to: values.count, by: perRank + 1) {
                for place in 0..<perRank {
                    let number = batch.number(at: place, of: Int(values[start]))
                    if number < batch.samples { losses[number] = values[start + 1 + place] }
                }
            }
        }
        return losses
    }

    private func drive() throws(Diagnostic) {
        watch()
        var clock = WorkClock()
        while true {
            var progressed = false
            var waiting = false
            for rank in ranks {
                if try rank.run() {
                    progressed = true
                    rank.waitsSince = nil
                    rank.busySeconds += clock.lap()
                }
                waiting = waiting || !rank.isDone
            }
            if !waiting { return try checkMailboxes() }
            if !progressed {
                try wait()
                clock.restart()
            }
        }
    }

    /// Between steps nothing may be left over; with several hosts a faster one may already have sent of the next step.
    private func checkMailboxes() throws(Diagnostic) {
        guard fabric.hosts == 1, fabric.messagesHeld > 0 else { return }
        throw Diagnostic(
            "executor.messages", "\(fabric.messagesHeld) messages were sent and never received", kind: .failure)
    }

    func doubles(_ bytes: [UInt8]) -> [Double] {
        stride(from: 0, to: bytes.count, by: 8).map { start in
            let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
            return Double(bitPattern: bits)
        }
    }
}
