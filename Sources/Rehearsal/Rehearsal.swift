import ClusterProfiles
import Corpora
import Diagnostics
import Evaluation
import Integrity
import Ledger
import Numerics
import Recipes
import Scenarios
import Training

/// A whole run under glass: job after job on a simulated cluster, from the first step to the last, whatever goes wrong.
///
/// ```swift
/// let rehearsal = try Rehearsal(recipe, corpus: corpus, profile: profile, kernels: kernels)
/// let report = try rehearsal.run(scenario, seed: 7)
/// report.ending == .finished(rehearsal.reference.digest)
/// ```
/// The trainer, its arithmetic, its checkpoints and its record are the ones of a real run; disk, network, clock and
/// batch system are simulated, one thing after the other and from a seed, so that the same call gives the same report. What is
/// written in the background has its turns in virtual time.
public struct Rehearsal {
    public let recipe: Recipe
    public let profile: ClusterProfile
    /// What the run comes to when nothing goes wrong.
    public let reference: Reference
    /// The layouts that jobs take in turn; a run may go on with another one.
    public var layouts: [Layout]
    /// How silent corruption is looked for; the recipe's way at first.
    public var audit: Recipe.AuditPolicy
    /// Whether checkpoints are written while training goes on; the recipe's way at first.
    public var savesInBackground: Bool
    /// The run's folder on the simulated disk.
    public var folder = "/run"
    let corpus: any TokenSource
    let kernels: KernelContext
    let times: StepTimes
    let tally = InstructionTally()

    /// The run without faults.
    public struct Reference: Sendable {
        /// The state's digest after the last step.
        public var digest: Digest
        /// Each step's fingerprint, from step 1 on.
        public var fingerprints: [String]
        /// The state's digest after each step that ends with a checkpoint.
        var checkpoints: [Int: String]
        /// The held-out losses after each step that is evaluated.
        var evaluations: [Int: [HeldOutLoss]]
        /// Virtual seconds of the longest save.
        var saveSeconds: Double
    }

    /// Computes the run without faults, which all others are held against.
    public init(
        _ recipe: Recipe, corpus: any TokenSource, profile: ClusterProfile, kernels: KernelContext
    ) throws(Diagnostic) {
        try profile.requireRoom(for: recipe.layout)
        self.recipe = recipe
        self.corpus = corpus
        self.profile = profile
        self.kernels = kernels
        layouts = [recipe.layout]
        audit = recipe.audit
        savesInBackground = recipe.checkpoint.asynchronous
        times = StepTimes(profile)
        reference = try Self.reference(recipe, corpus, kernels, StorageSpeed(profile))
    }

    /// What of the run a scenario can hit.
    public func shape() throws(Diagnostic) -> RunShape {
        let layout = layouts.min { $0.ranks < $1.ranks } ?? recipe.layout
        var shape = RunShape(
            ranks: layout.ranks, steps: recipe.plannedSteps, stepSeconds: try times.seconds(of: recipe),
            evaluationEvery: recipe.evaluation.everySteps, on: profile)
        var counts: [InstructionCounts] = []
        for layout in layouts {
            var recipe = recipe
            recipe.layout = layout
            counts.append(try self.counts(recipe))
        }
        func least(_ ranks: (InstructionCounts) -> [Int]) -> [Int] {
            (0..<shape.ranks).map { rank in counts.map { ranks($0)[rank] }.min() ?? 0 }
        }
        shape.instructions = least(\.step)
        shape.evaluationInstructions = least(\.evaluation)
        return shape
    }

    /// Virtual seconds of a save: most of it is opening, flushing and naming each rank's file.
    func saveSeconds(of recipe: Recipe) -> Double {
        reference.saveSeconds * Double(max(recipe.layout.ranks, self.recipe.layout.ranks))
            / Double(self.recipe.layout.ranks)
    }

    /// How many samples each batch of the evaluation after a step has; empty where there is none.
    func evaluationBatches(after step: Int) -> [Int] {
        reference.evaluations[step].map { Self.batches(of: $0, recipe) } ?? []
    }

    static func batches(of losses: [HeldOutLoss], _ recipe: Recipe) -> [Int] {
        let samples = losses.reduce(0) { $0 + $1.samples }
        return stride(from: 0, to: samples, by: recipe.batch.global).map { min(samples - $0, recipe.batch.global) }
    }

    /// How many instructions each rank of a recipe's layout runs.
    func counts(_ recipe: Recipe) throws(Diagnostic) -> InstructionCounts {
        try tally.counts(recipe, evaluating: evaluationBatches(after: self.recipe.plannedSteps).first)
    }

    private static func reference(
        _ recipe: Recipe, _ corpus: any TokenSource, _ kernels: KernelContext, _ speed: StorageSpeed
    ) throws(Diagnostic) -> Reference {
        let cluster = SimulatedCluster(
            Scenario(name: "none", events: []), seed: 0, links: .init(ranksPerNode: recipe.layout.ranks))
        let storage = SimulatedStorage(cluster, speed: speed)
        let fabric = try SimulatedFabric(ranks: recipe.layout.ranks, on: cluster, patience: 1)
        var recipe = recipe
        recipe.audit = Recipe.AuditPolicy()
        recipe.checkpoint.asynchronous = false
        let trainer = try Trainer(
            recipe: recipe, corpus: corpus, fabric: fabric, kernels: kernels,
            folder: RunFolder("/run", on: storage))
        trainer.initialize()
        var fingerprints: [String] = []
        var checkpoints: [Int: String] = [:]
        var evaluations: [Int: [HeldOutLoss]] = [:]
        var (saveBegan, saveSeconds) = (0.0, 0.0)
        let end = try trainer.run { (event) in
            switch event {
            case .step(let record): fingerprints.append(record.fingerprint)
            case .saving: saveBegan = cluster.now
            case .checkpoint(let saved):
                saveSeconds = max(saveSeconds, cluster.now - saveBegan)
                checkpoints[saved.step] = saved.digest.description
            case .evaluation(let step, let losses): evaluations[step] = losses
            default: break
            }
        }
        return Reference(
            digest: end.digest, fingerprints: fingerprints, checkpoints: checkpoints, evaluations: evaluations,
            saveSeconds: saveSeconds)
    }

    /// Lives through a scenario, drawing from `seed` what it leaves open.
    ///
    /// Records it in `ledger`, if there is one; `follower` is told of everything when it happens. When `stop` asks for it, the
    /// run saves and the rehearsal ends as refused.
    public func run(
        _ scenario: Scenario, seed: UInt64, in ledger: Ledger? = nil, stop: (any StopSource)? = nil,
        follower: (any RehearsalFollower)? = nil
    ) throws(Diagnostic) -> RehearsalReport {
        try scenario.check(against: shape())
        let settled = try scenario.settled(seed: seed, for: shape())
        let campaign = try RehearsedCampaign(self, settled, seed: seed, ledger: ledger, stop: stop)
        return try campaign.run(follower)
    }
}
