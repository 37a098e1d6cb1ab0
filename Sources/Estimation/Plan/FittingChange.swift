import ClusterProfiles
import Diagnostics
import Recipes

/// A change of few options that makes a layout fit its accelerators.
public struct FittingChange: Sendable, Equatable {
    public var layout: Layout
    /// The options to pass, such as `--recompute full`.
    public var options: String
    /// Accelerators that the changed layout takes.
    public var accelerators: Int

    /// The smallest changes of a layout that does not fit: those of one option or, where none is enough, of two; the
    /// fastest first.
    ///
    /// Recomputation, ZeRO stage, micro-batch, sequence parallelism, schedule, tensor and pipeline degree are tried, and more
    /// replicas where state is sharded over them. Degrees keep the number of accelerators where they can.
    ///
    /// - Parameters:
    ///   - accelerators: how many a changed layout may take; all of the cluster's if `nil`.
    ///   - most: how many changes to name.
    public static func changes(
        of recipe: Recipe, on profile: ClusterProfile, accelerators: Int? = nil, most: Int = 3, threads: Int = 2
    ) throws(Diagnostic) -> [FittingChange] {
        var neighbourhood = Neighbourhood(
            recipe, profile, accelerators: accelerators ?? profile.accelerators, threads: threads)
        var level = [recipe.layout]
        for _ in 0..<2 {
            level = neighbourhood.around(level)
            let fitting = try neighbourhood.fitting(level, most: most)
            guard fitting.isEmpty else {
                return fitting.map {
                    FittingChange(
                        layout: $0, options: $0.options(differingFrom: recipe.layout), accelerators: $0.ranks)
                }
            }
        }
        return []
    }
}

/// The layouts that are a few changes away from one that does not fit.
private struct Neighbourhood {
    let recipe: Recipe
    let profile: ClusterProfile
    let accelerators: Int
    let threads: Int
    private var known: Set<Layout>

    init(_ recipe: Recipe, _ profile: ClusterProfile, accelerators: Int, threads: Int) {
        self.recipe = recipe
        self.profile = profile
        self.accelerators = accelerators
        self.threads = threads
        known = [recipe.layout]
    }

    /// All legal layouts that differ from some of these in one more option.
    mutating func around(_ layouts: [Layout]) -> [Layout] {
        var found: [Layout] = []
        for layout in layouts {
            for neighbour in Self.changes(of: layout, recipe)
            where !known.contains(neighbour) && isLegal(neighbour) {
                known.insert(neighbour)
                found.append(neighbour)
            }
        }
        return found
    }

    private func isLegal(_ layout: Layout) -> Bool {
        guard layout.ranks <= min(accelerators, LayoutProbe.ranksMax), !layout.isTooLong(batch: recipe.batch.global)
        else { return false }
        let features = EngineFeatures(layout.style)
        guard features.zeros(pipeline: layout.pipeline).contains(layout.zero) else { return false }
        do throws(Diagnostic) {
            try recipe.validate(layout)
            return true
        } catch {
            return false
        }
    }

    private static func changes(of layout: Layout, _ recipe: Recipe) -> [Layout] {
        var changes: [Layout] = []
        func change(_ apply: (inout Layout) -> Void) {
            var changed = layout
            apply(&changed)
            if changed != layout { changes.append(changed) }
        }
        if layout.recompute == .none, EngineFeatures(layout.style).recomputesSelectively {
            change { $0.recompute = .selective }
        }
        change { $0.recompute = .full }
        if layout.tensor > 1 { change { $0.sequenceParallel = true } }
        if layout.data > 1 { for zero in (layout.zero + 1)..<max(4, layout.zero + 1) { change { $0.zero = zero } } }
        for microBatch in LayoutSpace.divisors(of: recipe.batch.global).reversed() where microBatch < layout.microBatch
        {
            change { $0.microBatch = microBatch }
        }
        if layout.schedule != .oneForwardOneBackward {
            change { ($0.schedule, $0.interleave) = (.oneForwardOneBackward, 1) }
        }
        // Twice and four times a degree: replicas make room for it, or more accelerators.
        for factor in [2, 4] {
            for path in [\Layout.tensor, \Layout.pipeline] {
                if layout.data % factor == 0 {
                    change {
                        $0[keyPath: path] *= factor
                        $0.data /= factor
                    }
                }
                change { $0[keyPath: path] *= factor }
            }
            if layout.zero > 0 { change { $0.data *= factor } }
        }
        return changes
    }

    /// A layout that may fit.
    private struct Possible: Sendable {
        var layout: Layout
        /// Of a step, over all accelerators: more of them are not simply better.
        var seconds: Double
    }

    /// The fastest of the layouts that fit.
    func fitting(_ layouts: [Layout], most: Int) throws(Diagnostic) -> [Layout] {
        var groups: [LayoutSpace.Degrees: [Layout]] = [:]
        var degrees: [LayoutSpace.Degrees] = []
        for layout in layouts {
            let key = LayoutSpace.Degrees(tensor: layout.tensor, pipeline: layout.pipeline, data: layout.data)
            if groups[key] == nil { degrees.append(key) }
            groups[key, default: []].append(layout)
        }
        let (recipe, profile) = (recipe, profile)
        let parts = degrees.map { (degrees: $0, layouts: groups[$0] ?? []) }
        let outcomes = concurrentMap(parts, threads: threads) { part in
            Result { () throws(Diagnostic) in try Self.possible(part.layouts, part.degrees, recipe, profile) }
        }
        var possible: [Possible] = []
        for outcome in outcomes { possible += try outcome.get() }
        // Stable, so that of equals the first comes first.
        let ranked = possible.enumerated().sorted {
            ($0.element.seconds, $0.offset) < ($1.element.seconds, $1.offset)
        }.map(\.element.layout)
        return try fitting(ranked: ranked, most: most)
    }

    private static func possible(
        _ layouts: [Layout], _ degrees: LayoutSpace.Degrees, _ recipe: Recipe, _ profile: ClusterProfile
    ) throws(Diagnostic) -> [Possible] {
        var shape = PlanShape(recipe, degrees, on: profile)
        var found: [Possible] = []
        for layout in layouts where try shape.bytes(layout) <= profile.accelerator.memoryBytes {
            // What the clock cannot time, such as a precision without a peak, can still fit.
            let seconds = (try? shape.bound(layout).seconds) ?? 0
            found.append(Possible(layout: layout, seconds: Double(layout.ranks) * seconds))
        }
        return found
    }

    /// The first that really fit: one of each combination of options, since a smaller micro-batch than need be is no other
    /// answer.
    private func fitting(ranked: [Layout], most: Int) throws(Diagnostic) -> [Layout] {
        var found: [(layout: Layout, changed: [String])] = []
        for layout in ranked where found.count < most {
            let names = layout.namesOfOptions(differingFrom: recipe.layout)
            guard !found.contains(where: { $0.changed == names }) else { continue }
            var changed = recipe
            changed.layout = layout
            if try MemoryEstimate.worst(of: changed, on: profile).fits(profile) { found.append((layout, names)) }
        }
        return found.map(\.layout)
    }
}
