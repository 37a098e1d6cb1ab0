import ClusterProfiles
import Diagnostics
import Recipes

/// The fastest layouts of a recipe on a number of nodes, and an account of all others.
///
/// Every point of the layout space is illegal, rejected for memory or a constraint, ruled out because no clock could play it
/// as fast as the slowest layout of the ranking, or estimated: nothing is left out.
public struct LayoutPlan: Sendable {
    public var recipe: Recipe
    public var profile: ClusterProfile
    public var request: PlanRequest
    /// Fastest first.
    public var candidates: [Estimate]
    /// Points of the layout space.
    public var considered: Int
    /// Layouts that were estimated and keep every constraint; the candidates are the first of them.
    public var estimated: Int
    /// Layouts whose least time is more than that of the last candidate.
    public var ruledOut: Int
    var rejections: RejectionCounts
    /// The layout that misses the accelerators' memory by the least, where one was rejected for it.
    public var closestMiss: Miss?
    /// The fastest layout that fits, where constraints left none.
    public var unconstrained: Estimate?
    /// Why a run does not end, where that left no candidate.
    public var unending: Diagnostic?

    /// A layout that does not fit.
    public struct Miss: Sendable {
        public var recipe: Recipe
        public var memory: MemoryEstimate
        public var excessBytes: Double
        /// Changes that would make it fit.
        public var wouldFit: [FittingChange]
    }

    /// How many layouts were rejected for a reason.
    public func rejected(_ reason: Rejection) -> Int { rejections[reason] }

    public var accelerators: Int { request.nodes * profile.nodes.acceleratorsPerNode }

    /// How far a search is.
    public enum Progress: Sendable {
        /// So many of the degrees' combinations have been looked at.
        case bounding(done: Int, of: Int)
        /// So many layouts have been estimated.
        case estimating(done: Int)
    }

    /// Searches the whole space.
    ///
    /// Throws `plan.nodes` for more nodes than the cluster has, `layout.ranks` for more accelerators than a layout may have,
    /// `plan.fixed` for fixed values that no layout has, `layout.sequence-parallel` for a split of the sequence over one rank, `profile.no-peak` for a precision without a peak,
    /// `recipe.ramp-up` for a ramp of too many batch sizes.
    public init(
        _ recipe: Recipe, on profile: ClusterProfile, _ request: PlanRequest,
        progress: (Progress) -> Void = { _ in }
    ) throws(Diagnostic) {
        try Self.validate(recipe, profile, request)
        let space = LayoutSpace(
            recipe, accelerators: request.nodes * profile.nodes.acceleratorsPerNode, fixed: request.fixed)
        try Self.validate(space, request.fixed)
        var search = try LayoutSearch(space, profile, request, progress: progress)
        try search.rank(progress: progress)
        self.recipe = recipe
        self.profile = profile
        self.request = request
        considered = space.size
        candidates = search.ranking.map(\.estimate)
        estimated = search.estimated
        ruledOut = search.ruledOut
        rejections = search.rejected
        closestMiss = try search.closestMiss()
        unending = candidates.isEmpty ? search.unendingProblem() : nil
        if candidates.isEmpty, !request.constraints.isEmpty {
            var free = request
            free.constraints = .init()
            free.top = 1
            var search = try LayoutSearch(space, profile, free, progress: progress)
            try search.rank(progress: progress)
            unconstrained = search.ranking.first?.estimate
        }
        let parts = estimated + ruledOut + rejections.total
        precondition(parts == considered, "\(considered) layouts, but \(parts) accounted for")
    }

    private static func validate(
        _ recipe: Recipe, _ profile: ClusterProfile, _ request: PlanRequest
    ) throws(Diagnostic) {
        try recipe.requireShortRamp()
        let perNode = profile.nodes.acceleratorsPerNode
        guard (1...profile.nodes.count).contains(request.nodes) else {
            throw Diagnostic(
                "plan.nodes", "\(profile.name) has not so many nodes", at: .init(key: "--nodes"),
                expected: "1 to \(profile.nodes.count)", found: "\(request.nodes)")
        }
        guard request.nodes <= LayoutProbe.ranksMax / perNode else {
            throw Diagnostic(
                "layout.ranks", "a plan cannot have so many ranks", at: .init(key: "--nodes"),
                expected: "at most \(LayoutProbe.ranksMax / perNode) nodes of \(perNode)", found: "\(request.nodes)")
        }
        guard (1...PlanRequest.topMost).contains(request.top) else {
            throw Diagnostic(
                "plan.top", request.top < 1 ? "a ranking has at least one place" : "a ranking has not so many places",
                at: .init(key: "--top"), expected: "1 to \(PlanRequest.topMost)", found: "\(request.top)")
        }
        _ = try profile.peakOperationsPerSecond(recipe.precision)
        try recipe.requirePricedPrecision()
    }

    private static func validate(_ space: LayoutSpace, _ fixed: PlanRequest.Fixed) throws(Diagnostic) {
        if fixed.tensor == 1, fixed.sequenceParallel == true {
            throw RecipeOverrides.nothingToSplit(larger: space.recipe.tensorDegrees.first { $0 > 1 })
        }
        guard space.size == 0 else { return }
        if let zero = fixed.zero, !(0...3).contains(zero) {
            throw Diagnostic(
                "plan.fixed", "there is no such ZeRO stage", at: .init(key: "--zero"), expected: "0, 1, 2 or 3",
                found: "\(zero)")
        }
        if let schedule = fixed.schedule, schedule != .interleaved, let interleave = fixed.interleave, interleave != 1 {
            throw Diagnostic(
                "plan.fixed", "only the interleaved schedule runs several chunks per rank",
                at: .init(key: "--interleave"), expected: "1 with \(schedule.rawValue)", found: "\(interleave)")
        }
        let degrees = [("--tensor", fixed.tensor), ("--pipeline", fixed.pipeline), ("--data", fixed.data)]
        for (option, value) in degrees {
            guard let value, value < 1 || space.accelerators % value != 0 else { continue }
            throw Diagnostic(
                "plan.fixed", "the degree does not divide the \(space.accelerators) accelerators",
                at: .init(key: option), expected: "a divisor of \(space.accelerators)", found: "\(value)",
                remedy: "or choose other --nodes")
        }
        if let microBatch = fixed.microBatch, microBatch < 1 || space.recipe.batch.global % microBatch != 0 {
            throw Diagnostic(
                "plan.fixed", "the micro-batch does not divide the global batch", at: .init(key: "--micro-batch"),
                expected: "a divisor of \(space.recipe.batch.global)", found: "\(microBatch)")
        }
        throw Diagnostic(
            "plan.fixed", "no layout of \(space.accelerators) accelerators has all the values that are fixed",
            remedy: "leave out some of --tensor, --pipeline, --data, --schedule and --interleave")
    }
}
