import Recipes

/// What a pipeline stage does in one optimiser step, in order: the coarse half of a program.
public enum ScheduleAction: Sendable, Equatable {
    case receiveActivation(microbatch: Int)
    case forward(microbatch: Int)
    case sendActivation(microbatch: Int)
    case receiveGradient(microbatch: Int)
    case backward(microbatch: Int)
    case sendGradient(microbatch: Int)
    case reduceGradients
    case optimizerStep
}

/// Schedules are pure functions from (stage, stages, micro-batches) to actions.
///
/// Every schedule runs a stage's backwards in ascending micro-batch order (A6).
public enum Schedule {
    /// The actions of `stage` in one step.
    public static func actions(
        _ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int
    ) -> [ScheduleAction] {
        let order: [Half]
        switch kind {
        case .gpipe: order = gpipe(microbatches)
        case .oneForwardOneBackward: order = oneForwardOneBackward(stage, stages, microbatches)
        }
        var actions: [ScheduleAction] = []
        for half in order {
            switch half {
            case .forward(let m):
                if stage > 0 { actions.append(.receiveActivation(microbatch: m)) }
                actions.append(.forward(microbatch: m))
                if stage < stages - 1 { actions.append(.sendActivation(microbatch: m)) }
            case .backward(let m):
                if stage < stages - 1 { actions.append(.receiveGradient(microbatch: m)) }
                actions.append(.backward(microbatch: m))
                if stage > 0 { actions.append(.sendGradient(microbatch: m)) }
            }
        }
        return actions + [.reduceGradients, .optimizerStep]
    }

    /// Forward passes only, for evaluation.
    public static func evaluation(stage: Int, stages: Int, microbatches: Int) -> [ScheduleAction] {
        (0..<microbatches).flatMap { m in
            (stage > 0 ? [ScheduleAction.receiveActivation(microbatch: m)] : [])
                + [.forward(microbatch: m)]
                + (stage < stages - 1 ? [.sendActivation(microbatch: m)] : [])
        }
    }

    /// The most micro-batches whose activations a stage holds at once.
    public static func inFlight(_ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int) -> Int {
        switch kind {
        case .gpipe: microbatches
        case .oneForwardOneBackward: min(stages - stage, microbatches)
        }
    }

    private enum Half { case forward(Int), backward(Int) }

    /// GPipe (Huang et al. 2019): all forwards, then all backwards.
    private static func gpipe(_ microbatches: Int) -> [Half] {
        (0..<microbatches).map { .forward($0) } + (0..<microbatches).map { .backward($0) }
    }

    /// 1F1B (PipeDream-Flush, Narayanan et al. 2021): fill, alternate, drain.
    private static func oneForwardOneBackward(_ stage: Int, _ stages: Int, _ microbatches: Int) -> [Half] {
        let warmup = min(stages - stage - 1, microbatches)
        var order: [Half] = (0..<warmup).map { .forward($0) }
        for m in 0..<(microbatches - warmup) {
            order.append(.forward(warmup + m))
            order.append(.backward(m))
        }
        return order + ((microbatches - warmup)..<microbatches).map { .backward($0) }
    }
}
