import ClusterProfiles
import Diagnostics
import Recipes

/// The legal layouts of three degrees, each with the least that it takes and holds.
struct BoundedShape: Sendable {
    var shape: PlanShape
    var candidates: [LayoutSearch.Candidate] = []
    /// Of those that do not fit, the few that miss by the least.
    var misses: [LayoutSearch.Candidate] = []
    var rejected: RejectionCounts

    private static let missesKept = 2

    init(
        _ space: LayoutSpace, _ degrees: LayoutSpace.Degrees, _ profile: ClusterProfile,
        _ constraints: PlanRequest.Constraints
    ) throws(Diagnostic) {
        shape = PlanShape(space.recipe, degrees, on: profile)
        let legal = space.legal(degrees)
        rejected = legal.rejected
        let limits = try BoundedConstraints(constraints, space.recipe, space.accelerators, profile)
        // Micro-batches come in ascending order, and a larger one needs no less memory.
        var full: Set<Layout> = []
        for layout in legal.layouts {
            var family = layout
            family.microBatch = 0
            guard !full.contains(family) else {
                rejected[.memory] += 1
                continue
            }
            let bytes = try shape.bytes(layout)
            var candidate = LayoutSearch.Candidate(
                layout: layout, shape: 0, order: 0, leastSeconds: 0, leastBytes: bytes)
            guard bytes <= profile.accelerator.memoryBytes else {
                rejected[.memory] += 1
                keep(candidate)
                if try shape.bytes(layout, growing: true) > profile.accelerator.memoryBytes { full.insert(family) }
                continue
            }
            let bound = try shape.bound(layout)
            candidate.leastSeconds = bound.seconds
            if let reason = limits.broken(by: layout, bound) {
                rejected[reason] += 1
            } else {
                candidates.append(candidate)
            }
        }
        shape.close()
    }

    /// The same as a value that crosses threads.
    static func outcome(
        _ space: LayoutSpace, _ degrees: LayoutSpace.Degrees, _ profile: ClusterProfile,
        _ constraints: PlanRequest.Constraints
    ) -> Result<BoundedShape, Diagnostic> {
        do throws(Diagnostic) {
            return .success(try BoundedShape(space, degrees, profile, constraints))
        } catch {
            return .failure(error)
        }
    }

    private mutating func keep(_ miss: LayoutSearch.Candidate) {
        let place = misses.firstIndex { miss.leastBytes < $0.leastBytes } ?? misses.count
        guard place < Self.missesKept else { return }
        misses.insert(miss, at: place)
        if misses.count > Self.missesKept { misses.removeLast() }
    }
}

/// Constraints as far as least times can break them.
struct BoundedConstraints {
    private let constraints: PlanRequest.Constraints
    private let phases: [BatchPhase]
    private let recipe: Recipe
    private let accelerators: Double
    private let pricePerHour: Double?
    /// Of a step at full speed, over all accelerators.
    private let peakSeconds: Double

    init(
        _ constraints: PlanRequest.Constraints, _ recipe: Recipe, _ accelerators: Int, _ profile: ClusterProfile
    ) throws(Diagnostic) {
        self.constraints = constraints
        self.recipe = recipe
        self.accelerators = Double(accelerators)
        phases = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.trainSamples)
        pricePerHour = profile.site.price.map { $0.perAcceleratorHour.value * Double(accelerators) }
        peakSeconds =
            ModelOperations.perStep(recipe.model, samples: recipe.batch.global)
            / (try profile.peakOperationsPerSecond(recipe.precision) * Double(accelerators))
    }

    func broken(by layout: Layout, _ bound: StepBound) -> Rejection? {
        guard !constraints.isEmpty else { return nil }
        let step = bound.seconds
        if let least = constraints.utilisationMin, peakSeconds / step < least { return .utilisation }
        let seconds = campaignSeconds(layout, bound, step: step)
        if let most = constraints.daysMax, seconds / 86400 > most { return .days }
        if let most = constraints.costMax, let pricePerHour, pricePerHour * seconds / 3600 > most { return .cost }
        return nil
    }

    /// The least time of all steps: those of a ramp as if all were of its smallest batch.
    private func campaignSeconds(_ layout: Layout, _ bound: StepBound, step: Double) -> Double {
        let full = phases.reduce(0) { $0 + ($1.batch == recipe.batch.global ? $1.steps : 0) }
        let ramp = phases.reduce(0) { $0 + $1.steps } - full
        guard ramp > 0, !layout.stridesLanes, layout.schedule != .interleaved, let smallest = phases.first?.batch else {
            return Double(full) * step
        }
        var small = bound
        small.microbatches = smallest / (layout.data * layout.microBatch)
        return Double(full) * step + Double(ramp) * small.seconds
    }
}
