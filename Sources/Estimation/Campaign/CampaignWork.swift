/// What a run has to do if nothing goes wrong: its steps, with evaluations and checkpoints between them, on one time line.
struct CampaignWork: Sendable, Equatable {
    /// Steps of one batch size.
    struct Phase: Sendable, Equatable {
        var steps: Int
        /// Of one step.
        var use: TimeUse
    }

    /// When something happens in a run: after every so many steps, and after the last.
    struct Interlude: Sendable, Equatable {
        /// 0 for only after the last.
        var everySteps: Int
        var seconds: Double
    }

    /// Seconds of each kind from the run's beginning to the end of some step.
    struct Progress: Sendable, Equatable {
        var steps = 0.0
        var evaluation = 0.0
        /// For which training waits.
        var checkpoint = 0.0

        var seconds: Double { steps + evaluation + checkpoint }

        static func - (a: Progress, b: Progress) -> Progress {
            Progress(
                steps: a.steps - b.steps, evaluation: a.evaluation - b.evaluation,
                checkpoint: a.checkpoint - b.checkpoint)
        }
    }

    let phases: [Phase]
    let evaluation: Interlude
    /// Its seconds are those of the write.
    let checkpoint: Interlude
    /// Whether training goes on while a checkpoint is written; it waits where the one before is not done.
    let isAsynchronous: Bool
    /// Steps of the whole run.
    let steps: Int
    /// Seconds from the beginning to the end of all.
    private(set) var wholeSeconds = 0.0
    /// Where each phase starts.
    private let starts: [Start]

    private struct Start: Equatable {
        var step: Int
        var stepSeconds: Double
        var checkpointSeconds: Double
        /// Of one checkpoint in this phase.
        var exposedSeconds: Double
    }

    init(phases: [Phase], evaluation: Interlude, checkpoint: Interlude, isAsynchronous: Bool) {
        precondition(!phases.isEmpty && phases.allSatisfy { $0.steps > 0 }, "a run has steps")
        self.phases = phases
        self.evaluation = evaluation
        self.checkpoint = checkpoint
        self.isAsynchronous = isAsynchronous
        let every = checkpoint.everySteps
        var starts: [Start] = []
        var next = Start(step: 0, stepSeconds: 0, checkpointSeconds: 0, exposedSeconds: 0)
        for phase in phases {
            let behind = isAsynchronous ? Double(every) * phase.use.seconds : 0
            next.exposedSeconds = every > 0 ? max(0, checkpoint.seconds - behind) : 0
            starts.append(next)
            let end = next.step + phase.steps
            if every > 0 { next.checkpointSeconds += Double(end / every - next.step / every) * next.exposedSeconds }
            next.stepSeconds += Double(phase.steps) * phase.use.seconds
            next.step = end
        }
        self.starts = starts
        steps = next.step
        wholeSeconds = progress(through: steps).seconds
    }

    /// The time from the beginning to the end of the `step`-th step and of what follows it.
    func progress(through step: Int) -> Progress {
        let phase = phaseIndex(of: step)
        let start = starts[phase]
        var progress = Progress()
        progress.steps = start.stepSeconds + Double(step - start.step) * phases[phase].use.seconds
        let every = checkpoint.everySteps
        progress.checkpoint = start.checkpointSeconds
        if every > 0 { progress.checkpoint += Double(step / every - start.step / every) * start.exposedSeconds }
        progress.evaluation = Double(count(of: evaluation, through: step)) * evaluation.seconds
        // Nothing hides the last write.
        if step == steps, isAsynchronous || every == 0 || steps % every > 0 {
            progress.checkpoint += checkpoint.seconds
        }
        return progress
    }

    /// The last step that ends within `seconds` of the end of step `start`.
    func lastStep(from start: Int, within seconds: Double) -> Int {
        let limit = progress(through: start).seconds + seconds
        var (low, high) = (start, steps)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if progress(through: middle).seconds <= limit { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The last step at or before `step` after which a checkpoint is written.
    func lastCheckpoint(before step: Int) -> Int {
        let every = checkpoint.everySteps
        return every > 0 ? step / every * every : 0
    }

    /// What lies between two checkpoints, or between one and an end of the run: so many stretches of the same length.
    struct Stretches: Equatable {
        var count: Double
        /// Of each.
        var seconds: Double
    }

    /// All stretches between checkpoints, in order: those that lie in one phase together, as long as they are on average, and
    /// each that reaches into another one by itself. A run that ends before its first checkpoint is one stretch.
    var stretches: [Stretches] {
        let every = checkpoint.everySteps
        guard every > 0 else { return [Stretches(count: 1, seconds: progress(through: steps).seconds)] }
        var found: [Stretches] = []
        var done = 0
        func add(through step: Int, count: Int) {
            let seconds = (progress(through: step) - progress(through: done)).seconds
            found.append(Stretches(count: Double(count), seconds: seconds / Double(count)))
            done = step
        }
        for (phase, start) in zip(phases, starts) {
            let end = start.step + phase.steps
            // One that began in an earlier phase.
            if done < start.step, end - done >= every { add(through: done + every, count: 1) }
            let whole = (end - done) / every
            if whole > 0 { add(through: done + whole * every, count: whole) }
        }
        if done < steps { add(through: steps, count: 1) }
        return found
    }

    /// How the accelerators spend all steps together.
    var use: TimeUse { phases.reduce(TimeUse()) { $0 + $1.use * Double($1.steps) } }

    /// The longest step, with what may follow it.
    var longestStepSeconds: Double {
        (phases.map(\.use.seconds).max() ?? 0) + evaluation.seconds + checkpoint.seconds
    }

    private func count(of interlude: Interlude, through step: Int) -> Int {
        let every = interlude.everySteps
        let regular = every > 0 ? step / every : 0
        return step == steps && (every == 0 || steps % every > 0) ? regular + 1 : regular
    }

    private func phaseIndex(of step: Int) -> Int {
        var (low, high) = (0, starts.count - 1)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if starts[middle].step <= step { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
