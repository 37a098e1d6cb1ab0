import ClusterProfiles
import Diagnostics
import Recipes

/// The legal layouts of three degrees, each with the least that it takes and holds.
struct BoundedShape: Sendable {
    var shape: PlanShape
    var candidates: [LayoutSearch.Candidate] = []
    /// Of those that do not fit, the few that miss by the least.
    var misses: [LayoutSearch.Candidate] = []
    /// Of those whose run would never end, the one of least time.
    var unending: LayoutSearch.Candidate?
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
        var full = FullFamilies(capacity: profile.accelerator.memoryBytes)
        for layout in legal.layouts {
            guard !layout.isTooLong(batch: space.recipe.batch.global) else {
                rejected[.tooLong] += 1
                continue
            }
            guard !full.contain(layout) else {
                rejected[.memory] += 1
                continue
            }
            let bytes = try shape.bytes(layout)
            var candidate = LayoutSearch.Candidate(
                layout: layout, shape: 0, order: 0, leastSeconds: 0, leastBytes: bytes)
            guard bytes <= profile.accelerator.memoryBytes else {
                rejected[.memory] += 1
                keep(candidate)
                if let least = try full.note(layout, &shape), missesLess(than: least) {
                    try keepFrugal(layout, among: legal.layouts)
                }
                continue
            }
            let bound = try shape.bound(layout)
            candidate.leastSeconds = bound.seconds
            if let reason = limits.broken(by: layout, bound) {
                rejected[reason] += 1
                if reason == .unending, candidate.leastSeconds < unending?.leastSeconds ?? .infinity {
                    unending = candidate
                }
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

    /// Whether a layout of so many bytes could be one of the misses kept.
    private func missesLess(than bytes: Double) -> Bool {
        misses.count < Self.missesKept || bytes < misses[misses.count - 1].leastBytes
    }

    /// Keeps whatever members of a full family miss by little: recomputation and parts of the sequence save memory.
    private mutating func keepFrugal(_ layout: Layout, among layouts: [Layout]) throws(Diagnostic) {
        for recompute in Layout.Recompute.allCases {
            for sequenceParallel in [false, true] {
                var member = layout
                (member.recompute, member.sequenceParallel) = (recompute, sequenceParallel)
                guard member != layout, layouts.contains(member), !member.isTooLong(batch: shape.recipe.batch.global)
                else { continue }
                let bytes = try shape.bytes(member)
                keep(.init(layout: member, shape: 0, order: 0, leastSeconds: 0, leastBytes: bytes))
            }
        }
    }

    private mutating func keep(_ miss: LayoutSearch.Candidate) {
        let place = misses.firstIndex { miss.leastBytes < $0.leastBytes } ?? misses.count
        guard place < Self.missesKept else { return }
        misses.insert(miss, at: place)
        if misses.count > Self.missesKept { misses.removeLast() }
    }
}

/// Families of layouts none of which fits: found out once, and not again for each member.
private struct FullFamilies {
    let capacity: Double
    /// Alike but for the micro-batch: these come in ascending order, and a larger one needs no less memory.
    private var byMicroBatch: Set<Layout> = []
    /// Alike but for micro-batch, recomputation and sequence parallelism.
    private var byState: Set<Layout> = []

    init(capacity: Double) { self.capacity = capacity }

    func contain(_ layout: Layout) -> Bool {
        byState.contains(Self.stateFamily(layout)) || byMicroBatch.contains(Self.microBatchFamily(layout))
    }

    /// Learns from a layout that does not fit; the least that others of its family hold if none of them is looked at again.
    mutating func note(_ layout: Layout, _ shape: inout PlanShape) throws(Diagnostic) -> Double? {
        let state = try shape.stateBytes(layout)
        if state > capacity {
            byState.insert(Self.stateFamily(layout))
            return state
        }
        if try shape.bytes(layout, growing: true) > capacity {
            byMicroBatch.insert(Self.microBatchFamily(layout))
        }
        return nil
    }

    private static func microBatchFamily(_ layout: Layout) -> Layout {
        var family = layout
        family.microBatch = 0
        return family
    }

    private static func stateFamily(_ layout: Layout) -> Layout {
        var family = microBatchFamily(layout)
        (family.recompute, family.sequenceParallel) = (.none, false)
        return family
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
    private let endings: EndingBound

    init(
        _ constraints: PlanRequest.Constraints, _ recipe: Recipe, _ accelerators: Int, _ profile: ClusterProfile
    ) throws(Diagnostic) {
        self.constraints = constraints
        self.recipe = recipe
        self.accelerators = Double(accelerators)
        phases = BatchPhase.phases(recipe.batch, trainSamples: recipe.optimizer.endSamples)
        pricePerHour = profile.site.price.map { $0.perAcceleratorHour.value * Double(accelerators) }
        peakSeconds =
            ModelOperations.perStep(recipe.model, samples: recipe.batch.global)
            / (try profile.peakOperationsPerSecond(recipe.precision) * Double(accelerators))
        endings = try EndingBound(recipe, accelerators: accelerators, on: profile, phases: phases)
    }

    /// `played` is a closer bound than `bound`'s own, where there is one.
    func broken(by layout: Layout, _ bound: StepBound, played: Double? = nil) -> Rejection? {
        let step = max(bound.seconds, played ?? 0)
        guard endings.mayEnd(stepSeconds: step) else { return .unending }
        guard !constraints.isEmpty else { return nil }
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
