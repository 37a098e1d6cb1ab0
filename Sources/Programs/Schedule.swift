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
        _ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1
    ) -> [ScheduleAction] {
        let place = Place(stage: stage, stages: stages, chunks: chunks)
        return halves(kind, place, microbatches).flatMap(place.actions) + [.reduceGradients, .optimizerStep]
    }

    /// Forward passes only, for evaluation, in the order in which training has them.
    public static func evaluation(
        _ kind: Layout.Schedule = .gpipe, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1
    ) -> [ScheduleAction] {
        let place = Place(stage: stage, stages: stages, chunks: chunks)
        return halves(kind, place, microbatches).filter { $0.isForward }.flatMap(place.actions)
    }

    /// The most micro-batches whose activations a stage holds at once, of each chunk.
    public static func inFlight(
        _ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1
    ) -> [Int] {
        var (live, most) = (Array(repeating: 0, count: chunks), Array(repeating: 0, count: chunks))
        for half in halves(kind, Place(stage: stage, stages: stages, chunks: chunks), microbatches) {
            live[half.chunk] += half.isForward ? 1 : -1
            most[half.chunk] = max(most[half.chunk], live[half.chunk])
        }
        return most
    }

    /// The forward or backward of one micro-batch through one chunk.
    private struct Half {
        var isForward: Bool
        var microbatch: Int
        var chunk = 0
    }

    /// Where a stage stands in the pipeline.
    private struct Place {
        var stage, stages, chunks: Int

        /// A half with the messages before and behind it.
        func actions(_ half: Half) -> [ScheduleAction] {
            let (m, c) = (half.microbatch, half.chunk)
            let isFirst = stage == 0 && c == 0
            let isLast = stage == stages - 1 && c == chunks - 1
            return half.isForward
                ? (isFirst ? [] : [.receiveActivation(microbatch: m, chunk: c)]) + [.forward(microbatch: m, chunk: c)]
                    + (isLast ? [] : [.sendActivation(microbatch: m, chunk: c)])
                : (isLast ? [] : [.receiveGradient(microbatch: m, chunk: c)]) + [.backward(microbatch: m, chunk: c)]
                    + (isFirst ? [] : [.sendGradient(microbatch: m, chunk: c)])
        }
    }

    private static func halves(_ kind: Layout.Schedule, _ place: Place, _ microbatches: Int) -> [Half] {
        switch kind {
        case .gpipe: gpipe(microbatches)
        case .oneForwardOneBackward: oneForwardOneBackward(place, microbatches)
        case .interleaved: interleaved(place, microbatches)
        }
    }

    /// GPipe (Huang et al. 2019): all forwards, then all backwards.
    private static func gpipe(_ microbatches: Int) -> [Half] {
        (0..<microbatches).map { Half(isForward: true, microbatch: $0) }
            + (0..<microbatches).map { Half(isForward: false, microbatch: $0) }
    }

    /// 1F1B (PipeDream-Flush, Narayanan et al. 2021): fill, alternate, drain.
    private static func oneForwardOneBackward(_ place: Place, _ microbatches: Int) -> [Half] {
        alternating(
            warmup: place.stages - place.stage - 1, of: microbatches,
            forward: { Half(isForward: true, microbatch: $0) }, backward: { Half(isForward: false, microbatch: $0) })
    }

    /// Interleaved 1F1B (Narayanan et al. 2021, section 2.2): groups of as many micro-batches as stages go through chunk
    /// after chunk, in the backward from the last chunk to the first.
    private static func interleaved(_ place: Place, _ microbatches: Int) -> [Half] {
        let group = place.stages * place.chunks
        func half(_ k: Int, isForward: Bool) -> Half {
            let chunk = k % group / place.stages
            return Half(
                isForward: isForward, microbatch: k / group * place.stages + k % place.stages,
                chunk: isForward ? chunk : place.chunks - 1 - chunk)
        }
        let total = microbatches * place.chunks
        let warmup =
            microbatches == place.stages
            ? total : 2 * (place.stages - place.stage - 1) + (place.chunks - 1) * place.stages
        return alternating(
            warmup: warmup, of: total, forward: { half($0, isForward: true) }, backward: { half($0, isForward: false) })
    }

    /// `warmup` forwards, then one forward and one backward in turn, then the backwards that are left.
    private static func alternating(
        warmup: Int, of total: Int, forward: (Int) -> Half, backward: (Int) -> Half
    ) -> [Half] {
        let warmup = min(warmup, total)
        return (0..<warmup).map(forward) + (0..<(total - warmup)).flatMap { [forward(warmup + $0), backward($0)] }
            + ((total - warmup)..<total).map(backward)
    }
}
