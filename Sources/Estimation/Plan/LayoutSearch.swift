import ClusterProfiles
import Diagnostics
import Recipes

/// Best first: every legal layout gets a least time in closed form; those that could be among the fastest get a closer one
/// by playing their schedule; those that still could are estimated.
struct LayoutSearch {
    let profile: ClusterProfile
    let request: PlanRequest
    let recipe: Recipe
    private(set) var rejected = RejectionCounts()
    private(set) var ranking: [Ranked] = []
    private(set) var estimated = 0
    /// Those that were estimated, whether they then keep the constraints or not.
    private(set) var looked = 0
    private(set) var ruledOut = 0
    private var shapes: [PlanShape] = []
    private let limits: BoundedConstraints
    private var open: CandidateHeap
    /// Those that miss memory by the least, from below.
    private var misses: [Candidate] = []
    /// Of those whose run would never end, the one of least time.
    private var unending: Candidate?

    /// A legal layout that may be among the fastest.
    struct Candidate: Sendable {
        var layout: Layout
        var shape: Int
        /// Place in the space.
        var order: Int
        var leastSeconds: Double
        var leastBytes: Double
        var isPlayed = false
    }

    /// An estimated layout.
    struct Ranked {
        var estimate: Estimate
        var order: Int

        /// Faster layouts first, then those that need less memory; of equals the first in the space.
        func precedes(_ other: Ranked) -> Bool {
            (estimate.secondsPerStep, estimate.memory.total, order)
                < (other.estimate.secondsPerStep, other.estimate.memory.total, other.order)
        }
    }

    /// Bounds every legal layout.
    init(
        _ space: LayoutSpace, _ profile: ClusterProfile, _ request: PlanRequest,
        progress: (LayoutPlan.Progress) -> Void
    ) throws(Diagnostic) {
        self.profile = profile
        self.request = request
        recipe = space.recipe
        limits = try BoundedConstraints(request.constraints, space.recipe, space.accelerators, profile)
        let degrees = space.degrees
        var candidates: [Candidate] = []
        // In slices, so that progress can be told from here; of many, so that no thread waits long for the others.
        let slice = 48
        for start in stride(from: 0, to: degrees.count, by: slice) {
            progress(.bounding(done: start, of: degrees.count))
            let part = Array(degrees[start..<min(start + slice, degrees.count)])
            let found = concurrentMap(part, threads: request.threads) {
                BoundedShape.outcome(space, $0, profile, request.constraints)
            }
            for outcome in found {
                let bounded = try outcome.get()
                rejected.add(bounded.rejected)
                for var candidate in bounded.candidates {
                    (candidate.shape, candidate.order) = (shapes.count, candidates.count)
                    candidates.append(candidate)
                }
                misses += bounded.misses
                if let candidate = bounded.unending, candidate.leastSeconds < unending?.leastSeconds ?? .infinity {
                    unending = candidate
                }
                shapes.append(bounded.shape)
            }
        }
        misses.sort { $0.leastBytes < $1.leastBytes }
        open = CandidateHeap(candidates)
    }

    /// Estimates whatever may be among the fastest.
    mutating func rank(progress: (LayoutPlan.Progress) -> Void) throws(Diagnostic) {
        while let next = open.first {
            if ranking.count >= request.top, next.leastSeconds > ranking[request.top - 1].estimate.secondsPerStep {
                break
            }
            // So many at a time whatever the threads, so that the account does not depend on them.
            if next.isPlayed {
                try estimate(open.take(2, while: \.isPlayed))
                progress(.estimating(done: looked))
            } else {
                try play(open.take(64, while: { !$0.isPlayed }))
            }
        }
        ruledOut = open.count
    }

    /// Plays the schedules of layouts.
    private mutating func play(_ candidates: [Candidate]) throws(Diagnostic) {
        let bounds = try closeBounds(candidates)
        let seconds = concurrentMap(bounds, threads: request.threads) { $0.played() }
        for (index, candidate) in candidates.enumerated() {
            var played = candidate
            played.leastSeconds = max(candidate.leastSeconds, seconds[index])
            played.isPlayed = true
            // An estimate takes a thousand times as long as to see here that it would be in vain.
            if let reason = limits.broken(by: played.layout, bounds[index], played: played.leastSeconds) {
                rejected[reason] += 1
                if reason == .unending { keep(unending: played) }
            } else {
                open.insert(played)
            }
        }
    }

    /// Candidates of one shape share what it learns on the way, so a thread takes all of these.
    private mutating func closeBounds(_ candidates: [Candidate]) throws(Diagnostic) -> [StepBound] {
        var places: [[Int]] = []
        var groups: [Int: Int] = [:]
        for (place, candidate) in candidates.enumerated() {
            if groups[candidate.shape] == nil {
                groups[candidate.shape] = places.count
                places.append([])
            }
            places[groups[candidate.shape] ?? 0].append(place)
        }
        let shapes = shapes
        let outcomes = concurrentMap(places, threads: request.threads) { places in
            Result { () throws(Diagnostic) in
                var shape = shapes[candidates[places[0]].shape]
                var bounds: [StepBound] = []
                for place in places { bounds.append(try shape.bound(candidates[place].layout, closely: true)) }
                return (shape, bounds)
            }
        }
        var bounds = [StepBound?](repeating: nil, count: candidates.count)
        for (places, outcome) in zip(places, outcomes) {
            let (shape, found) = try outcome.get()
            self.shapes[candidates[places[0]].shape] = shape
            for (place, bound) in zip(places, found) { bounds[place] = bound }
        }
        return bounds.compactMap { $0 }
    }

    private mutating func estimate(_ candidates: [Candidate]) throws(Diagnostic) {
        let (recipe, profile) = (recipe, profile)
        let outcomes = concurrentMap(candidates, threads: request.threads) { candidate in
            Result { () throws(Diagnostic) in
                var recipe = recipe
                recipe.layout = candidate.layout
                return try Estimate(recipe, on: profile)
            }
        }
        looked += candidates.count
        for (candidate, outcome) in zip(candidates, outcomes) {
            let estimate: Estimate
            do throws(Diagnostic) {
                estimate = try outcome.get()
            } catch {
                guard let reason = Rejection(error) else { throw error }
                rejected[reason] += 1
                if reason == .unending { keep(unending: candidate) }
                continue
            }
            if !estimate.fits {
                rejected[.memory] += 1
                misses.append(candidate)
            } else if let reason = request.constraints.broken(by: estimate) {
                rejected[reason] += 1
            } else {
                estimated += 1
                insert(Ranked(estimate: estimate, order: candidate.order))
            }
        }
    }

    private mutating func insert(_ new: Ranked) {
        ranking.insert(new, at: ranking.firstIndex(where: new.precedes) ?? ranking.count)
        if ranking.count > request.top { ranking.removeLast() }
    }

    // MARK: What does not end

    private mutating func keep(unending candidate: Candidate) {
        if candidate.leastSeconds < unending?.leastSeconds ?? .infinity { unending = candidate }
    }

    /// Why the fastest of the layouts whose run never ends does not; `nil` where there is none.
    func unendingProblem() -> Diagnostic? {
        guard let unending else { return nil }
        var recipe = recipe
        recipe.layout = unending.layout
        do throws(Diagnostic) {
            _ = try Estimate(recipe, on: profile)
            return nil
        } catch {
            return Rejection(error) == .unending ? error : nil
        }
    }

    // MARK: What does not fit

    /// Of the layouts that do not fit, the one that misses by the least.
    func closestMiss() throws(Diagnostic) -> LayoutPlan.Miss? {
        let (recipe, profile) = (recipe, profile)
        let nearest = misses.sorted { $0.leastBytes < $1.leastBytes }
        var closest: (recipe: Recipe, memory: MemoryEstimate)?
        // One for each thread at a time; what comes after the closest is worked out in vain at most.
        for start in stride(from: 0, to: nearest.count, by: max(request.threads, 1)) {
            let part = Array(nearest[start..<min(start + max(request.threads, 1), nearest.count)])
            if let closest, part[0].leastBytes >= closest.memory.total { break }
            let outcomes = concurrentMap(part, threads: request.threads) { candidate in
                Result { () throws(Diagnostic) in
                    var recipe = recipe
                    recipe.layout = candidate.layout
                    return (recipe: recipe, memory: try MemoryEstimate.worst(of: recipe, on: profile))
                }
            }
            for (candidate, outcome) in zip(part, outcomes) {
                if let closest, candidate.leastBytes >= closest.memory.total { break }
                let found = try outcome.get()
                if found.memory.total < closest?.memory.total ?? .infinity, !found.memory.fits(profile) {
                    closest = found
                }
            }
        }
        guard let closest else { return nil }
        return LayoutPlan.Miss(
            recipe: closest.recipe, memory: closest.memory,
            excessBytes: closest.memory.total - profile.accelerator.memoryBytes,
            wouldFit: try FittingChange.changes(
                of: closest.recipe, on: profile, accelerators: closest.recipe.layout.ranks, threads: request.threads))
    }
}

extension PlanRequest.Constraints {
    /// The first constraint that an estimate does not keep.
    func broken(by estimate: Estimate) -> Rejection? {
        if let daysMax, estimate.campaign.days > daysMax { return .days }
        if let costMax, let cost = estimate.campaign.cost, cost.amount > costMax { return .cost }
        if let utilisationMin, estimate.modelUtilisation < utilisationMin { return .utilisation }
        return nil
    }
}
