import Recipes

/// What a pipeline stage does in one optimiser step, in order: the coarse half of a program.
public enum ScheduleAction: Sendable, Equatable {
    case receiveActivation(microbatch: Int, chunk: Int = 0)
    case forward(microbatch: Int, chunk: Int = 0)
    case sendActivation(microbatch: Int, chunk: Int = 0)
    case receiveGradient(microbatch: Int, chunk: Int = 0)
    case backward(microbatch: Int, chunk: Int = 0)
    case sendGradient(microbatch: Int, chunk: Int = 0)
    case reduceGradients
    case optimizerStep
}

/// Schedules are pure functions from (stage, stages, micro-batches, chunks) to actions.
///
/// Every schedule runs the backwards of a stage's chunk in ascending micro-batch order (A6).
public enum Schedule {
    /// The actions of `stage` in one step. Only the interleaved schedule takes more than one chunk, and it takes
    /// micro-batches in multiples of the stages.
    public static func actions(
        _ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1,
        style: EngineStyle = .serre
    ) -> [ScheduleAction] {
        let order = Order(kind, stage: stage, stages: stages, microbatches: microbatches, chunks: chunks, style: style)
        let place = Place(stage: stage, stages: stages, chunks: chunks)
        var actions: [ScheduleAction] = []
        actions.reserveCapacity(3 * order.count + 2)
        for index in 0..<order.count { place.append(order[index], to: &actions) }
        return actions + [.reduceGradients, .optimizerStep]
    }

    /// Forward passes only, for evaluation, in the order in which training has them.
    public static func evaluation(
        _ kind: Layout.Schedule = .gpipe, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1
    ) -> [ScheduleAction] {
        let order = Order(kind, stage: stage, stages: stages, microbatches: microbatches, chunks: chunks)
        let place = Place(stage: stage, stages: stages, chunks: chunks)
        var actions: [ScheduleAction] = []
        for index in 0..<order.count where order[index].isForward { place.append(order[index], to: &actions) }
        return actions
    }

    /// The most micro-batches whose activations a stage holds at once, of each chunk.
    public static func inFlight(
        _ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1,
        style: EngineStyle = .serre
    ) -> [Int] {
        let order = Order(kind, stage: stage, stages: stages, microbatches: microbatches, chunks: chunks, style: style)
        guard chunks > 1 else {
            // The warm-up's, and the one whose backward comes next.
            return [min(order.warmup + 1, microbatches)]
        }
        var (live, most) = (Array(repeating: 0, count: chunks), Array(repeating: 0, count: chunks))
        for index in 0..<order.count {
            let half = order[index]
            live[half.chunk] += half.isForward ? 1 : -1
            most[half.chunk] = max(most[half.chunk], live[half.chunk])
        }
        return most
    }

    /// The chunks between their first and their last backward at once: of all such sets the one of most weight.
    ///
    /// - Parameter weights: by chunk.
    static func mostOpen(_ order: Order, weights: [Int]) -> Int {
        var left = weights.map { _ in order.microbatches }
        var (open, most) = (0, 0)
        for index in 0..<order.count {
            let half = order[index]
            guard !half.isForward else { continue }
            if left[half.chunk] == order.microbatches { open += weights[half.chunk] }
            most = max(most, open)
            left[half.chunk] -= 1
            if left[half.chunk] == 0 { open -= weights[half.chunk] }
        }
        return most
    }

    /// Where a stage stands in the pipeline.
    private struct Place {
        var stage, stages, chunks: Int

        /// Adds a half with the messages before and behind it.
        func append(_ half: Half, to actions: inout [ScheduleAction]) {
            let (m, c) = (half.microbatch, half.chunk)
            let isFirst = stage == 0 && c == 0
            let isLast = stage == stages - 1 && c == chunks - 1
            if half.isForward {
                if !isFirst { actions.append(.receiveActivation(microbatch: m, chunk: c)) }
                actions.append(.forward(microbatch: m, chunk: c))
                if !isLast { actions.append(.sendActivation(microbatch: m, chunk: c)) }
            } else {
                if !isLast { actions.append(.receiveGradient(microbatch: m, chunk: c)) }
                actions.append(.backward(microbatch: m, chunk: c))
                if !isFirst { actions.append(.sendGradient(microbatch: m, chunk: c)) }
            }
        }
    }
}
