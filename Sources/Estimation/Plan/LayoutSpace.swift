import Recipes

/// Every layout of a recipe on a number of accelerators, legal or not: tensor × pipeline × data degrees whose product is that
/// number, times micro-batches that divide the batch, schedules and chunks, ZeRO stages, recomputation and sequence
/// parallelism.
///
/// Subtrees without a legal layout are counted, not walked.
struct LayoutSpace: Sendable {
    let recipe: Recipe
    let accelerators: Int
    let fixed: PlanRequest.Fixed
    private let features: EngineFeatures
    private let microBatches: [Int]
    private let zeros: [Int]
    private let recomputes: [Layout.Recompute]
    private let sequences: [Bool]

    /// A schedule with its chunks per rank.
    struct Pipelining: Equatable {
        var schedule: Layout.Schedule
        var interleave: Int
    }

    /// Three degrees that use every accelerator.
    struct Degrees: Hashable, Sendable {
        var tensor, pipeline, data: Int
    }

    init(_ recipe: Recipe, accelerators: Int, fixed: PlanRequest.Fixed = .init()) {
        self.recipe = recipe
        self.accelerators = accelerators
        self.fixed = fixed
        features = EngineFeatures(recipe.layout.style)
        microBatches = Self.divisors(of: recipe.batch.global).filter { fixed.microBatch ?? $0 == $0 }
        zeros = (0...3).filter { fixed.zero ?? $0 == $0 }
        recomputes = Layout.Recompute.allCases.filter { fixed.recompute ?? $0 == $0 }
        sequences = [false, true].filter { fixed.sequenceParallel ?? $0 == $0 }
    }

    /// Every way to write the number of accelerators as a product of three degrees, in ascending order.
    var degrees: [Degrees] {
        Self.divisors(of: accelerators).filter { fixed.tensor ?? $0 == $0 }.flatMap { tensor in
            Self.divisors(of: accelerators / tensor).filter { fixed.pipeline ?? $0 == $0 }.compactMap { pipeline in
                let data = accelerators / tensor / pipeline
                return fixed.data ?? data == data ? Degrees(tensor: tensor, pipeline: pipeline, data: data) : nil
            }
        }
    }

    /// Schedules of one chunk, and interleaving with every number of chunks that leaves each a layer.
    func pipelinings(_ pipeline: Int) -> [Pipelining] {
        let single = [Layout.Schedule.oneForwardOneBackward, .gpipe].map { Pipelining(schedule: $0, interleave: 1) }
        let most = recipe.model.layers / pipeline
        let several =
            most >= 2 ? (2...most).map { Pipelining(schedule: .interleaved, interleave: $0) } : []
        return (single + several).filter {
            fixed.schedule ?? $0.schedule == $0.schedule && fixed.interleave ?? $0.interleave == $0.interleave
        }
    }

    /// Layouts with the same degrees.
    private func size(_ degrees: Degrees) -> Int { microBatches.count * pipelinings(degrees.pipeline).count * leaves }
    /// Layouts with the same degrees, micro-batch and schedule.
    private var leaves: Int { zeros.count * recomputes.count * sequences.count }

    /// All points of the space.
    var size: Int { degrees.reduce(0) { $0 + size($1) } }

    /// What is left of a subtree once the illegal points are counted.
    struct Legal {
        var layouts: [Layout] = []
        var rejected = RejectionCounts()
    }

    /// The legal layouts with these degrees, no two of which are the same programs.
    func legal(_ degrees: Degrees) -> Legal {
        var found = Legal()
        if let reason = rejection(degrees) {
            found.rejected[reason] = size(degrees)
            return found
        }
        let pipelinings = pipelinings(degrees.pipeline)
        for zero in zeros {
            // Micro-batches, recomputation and parts of the sequence.
            let subtree = microBatches.count * pipelinings.count * recomputes.count * sequences.count
            if let reason = rejection(zero: zero, degrees) {
                found.rejected[reason] += subtree
                continue
            }
            for microBatch in microBatches {
                guard isLegal(microBatch: microBatch, zero: zero, degrees) else {
                    found.rejected[.microBatch] += subtree / microBatches.count
                    continue
                }
                for pipelining in pipelinings {
                    if let reason = rejection(pipelining, microBatch: microBatch, degrees) {
                        found.rejected[reason] += recomputes.count * sequences.count
                        continue
                    }
                    var layout = Layout(
                        tensor: degrees.tensor, pipeline: degrees.pipeline, interleave: pipelining.interleave,
                        data: degrees.data, microBatch: microBatch, schedule: pipelining.schedule, zero: zero,
                        style: recipe.layout.style)
                    for recompute in recomputes {
                        for sequence in sequences {
                            (layout.recompute, layout.sequenceParallel) = (recompute, sequence)
                            if repeats(layout) {
                                found.rejected[.repetition] += 1
                            } else {
                                found.layouts.append(layout)
                            }
                        }
                    }
                }
            }
        }
        return found
    }

    // MARK: What is illegal

    private func rejection(_ degrees: Degrees) -> Rejection? {
        guard degrees.pipeline == 1 || features.pipelines else { return .engine }
        // A split of the sequence that is asked for needs tensor ranks to split it.
        guard degrees.tensor > 1 || sequences.contains(false) else { return .engine }
        guard accelerators <= Recipe.ranksMax else { return .ranks }
        if recipe.layout.style == .serre {
            guard recipe.legalTensorDegrees.contains(degrees.tensor) else { return .tensor }
            return recipe.stageLayers(pipeline: degrees.pipeline) == nil ? .pipeline : nil
        }
        guard recipe.otherStylesTensorDegrees.contains(degrees.tensor) else { return .tensor }
        return degrees.pipeline > recipe.model.layers ? .pipeline : nil
    }

    private func rejection(zero: Int, _ degrees: Degrees) -> Rejection? {
        guard features.zeros(pipeline: degrees.pipeline).contains(zero) else { return .engine }
        guard recipe.layout.style == .serre else { return nil }
        return recipe.legalDataDegrees(zero: zero).contains(degrees.data) ? nil : .data
    }

    /// Of a micro-batch, in a layout that is legal otherwise.
    private func isLegal(microBatch: Int, zero: Int, _ degrees: Degrees) -> Bool {
        recipe.layout.style == .serre
            ? recipe.legalMicroBatches(data: degrees.data, zero: zero).contains(microBatch)
            : batchSizes.allSatisfy { $0 % (degrees.data * microBatch) == 0 }
    }

    private func rejection(_ pipelining: Pipelining, microBatch: Int, _ degrees: Degrees) -> Rejection? {
        guard features.schedules.contains(pipelining.schedule) else { return .engine }
        guard pipelining.schedule == .interleaved else { return nil }
        let (pipeline, replica) = (degrees.pipeline, degrees.data * microBatch)
        guard pipeline > 1, batchSizes.allSatisfy({ $0 / replica % pipeline == 0 }) else { return .interleave }
        guard recipe.layout.style == .serre else { return nil }
        return recipe.stageLayers(pipeline: pipeline * pipelining.interleave) == nil ? .interleave : nil
    }

    /// The batch and, with a ramp, the numbers of which every smaller batch is a sum.
    private var batchSizes: [Int] {
        [recipe.batch.global] + (recipe.batch.growth.map { [$0.start, $0.increment] } ?? [])
    }

    // MARK: What repeats others

    /// Whether another layout of the space, with a smaller value of one option, has the same programs.
    private func repeats(_ layout: Layout) -> Bool {
        if layout.data == 1, layout.zero != zeros.first(where: features.zeros(pipeline: layout.pipeline).contains) {
            return true
        }
        if layout.tensor == 1, layout.sequenceParallel, sequences.contains(false) { return true }
        if !features.recomputesSelectively, layout.recompute == .selective, recomputes.contains(.none) { return true }
        return layout.schedule == .gpipe && !orderMatters(layout) && hasOneForwardOneBackward
    }

    /// Without a pipeline, or with one micro-batch, the order of forwards and backwards costs memory and gains nothing.
    private func orderMatters(_ layout: Layout) -> Bool {
        layout.pipeline > 1 && recipe.batch.global > layout.data * layout.microBatch
    }

    private var hasOneForwardOneBackward: Bool {
        fixed.schedule == nil && features.schedules.contains(.oneForwardOneBackward)
    }

    /// The divisors of a number, ascending.
    static func divisors(of number: Int) -> [Int] {
        let low = (1...max(1, Int(Double(number).squareRoot()))).filter { number % $0 == 0 }
        let high = low.reversed().map { number / $0 }
        return low.last == high.first ? low + high.dropFirst() : low + high
    }
}
