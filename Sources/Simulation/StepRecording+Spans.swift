import Programs

/// The instructions and waits that an entry consists of.
extension StepRecording {
    /// A piece of a track's time with one purpose.
    public struct Span: Sendable, Equatable {
        /// Index into the instructions of the pass; `nil` for a wait.
        public var instruction: Int?
        public var category: TimeCategory
        public var start: Double
        public var end: Double
    }

    /// The spans of an entry in order, from its start to its end, each beginning where the one before it ends.
    public func spans(of entry: Entry, on track: Int) -> [Span] {
        var spans = waits(of: entry, on: track)
        let program = program(of: entry, on: track)
        let seconds = pass(entry, on: track).timing.instructionSeconds
        let range = instructions(of: entry, on: track)
        var start = entry.ready
        let slowed = interference(in: entry, on: track)
        if slowed > 0 {
            start = min(entry.end, start + slowed)
            spans.append(.init(category: .interference, start: entry.ready, end: start))
        }
        for index in range {
            let end = index == range.upperBound - 1 ? entry.end : min(entry.end, start + seconds[index])
            spans.append(.init(instruction: index, category: .init(program[index].operation), start: start, end: end))
            start = end
        }
        return spans
    }

    /// The most spans that an entry has.
    public func spanCount(of entry: Entry, on track: Int) -> Int {
        let waits = entry.ready > entry.start ? waits(of: entry, on: track).count : 0
        return waits + instructions(of: entry, on: track).count + (interference(in: entry, on: track) > 0 ? 1 : 0)
    }

    /// What a stretch of work takes beyond its instructions, and before them.
    func interference(in entry: Entry, on track: Int) -> Double {
        let pass = pass(entry, on: track)
        guard case .run(let busy, let exposed) = pass.steps[entry.step] else { return 0 }
        let own = instructions(of: entry, on: track).reduce(0) { $0 + pass.timing.instructionSeconds[$1] }
        let rest = busy + exposed - own
        // Sums in another order differ by roundings.
        return rest > 1e-9 * own ? rest : 0
    }

    /// What an entry waited for, in order.
    func waits(of entry: Entry, on track: Int) -> [Span] {
        guard entry.ready > entry.start else { return [] }
        switch entry.wait {
        case .nothing: return []
        case .message(let index):
            let sent = min(entry.ready, max(entry.start, messages[index].sent))
            let bubble = Span(category: bubble(at: entry, on: track), start: entry.start, end: sent)
            let transfer = Span(category: .pipelineTransfer, start: sent, end: entry.ready)
            return [bubble, transfer].filter { $0.end > $0.start }
        case .meeting:
            let category = meetingWait(at: entry, on: track)
            return [Span(category: category, start: entry.start, end: entry.ready)]
        case .travel(let index): return waits(forTravel: index, entry, track)
        }
    }

    /// The wait for the collective at `index` of the stream and for those before it.
    private func waits(forTravel index: Int, _ entry: Entry, _ track: Int) -> [Span] {
        var spans: [Span] = []
        var (index, end) = (index, entry.ready)
        while index >= 0, end > entry.start {
            let before = index > 0 ? tracks[track].travels[index - 1].end : 0
            let start = max(entry.start, before)
            if end > start {
                spans.append(.init(category: category(ofTravel: index, on: track), start: start, end: end))
            }
            (index, end) = (index - 1, min(end, start))
        }
        return spans.reversed()
    }

    /// What the time of a collective of the communication stream counts as.
    public func category(ofTravel index: Int, on track: Int) -> TimeCategory {
        let entry = tracks[track].entries[tracks[track].travels[index].entry]
        return workCategory(of: entry, on: track)
    }

    /// The category of an entry that is one instruction.
    func workCategory(of entry: Entry, on track: Int) -> TimeCategory {
        guard let index = instructions(of: entry, on: track).first else { return .imbalance }
        return TimeCategory(program(of: entry, on: track)[index].operation)
    }

    /// Whom one waits for where a collective is entered: the other stages, or ranks that should be as fast.
    private func meetingWait(at entry: Entry, on track: Int) -> TimeCategory {
        guard let index = instructions(of: entry, on: track).first else { return .imbalance }
        let group: Group? =
            switch program(of: entry, on: track)[index].operation {
            case .collective(let exchange): exchange.group
            case .statistics(let phase): phase.group
            default: nil
            }
        let crossesStages = layout.pipeline > 1 && (group == .tied || group == .replica)
        return crossesStages ? bubble(at: entry, on: track) : .imbalance
    }

    /// The part of the step in which a wait of a stage lies.
    func bubble(at entry: Entry, on track: Int) -> TimeCategory {
        let turns = turns[track]
        if entry.action < turns.firstBackward { return .warmupBubble }
        return entry.action > turns.lastForward ? .drainBubble : .steadyBubble
    }

    /// The wait of a rank whose program has ended for the end of the step.
    func lastWait(on track: Int) -> Span {
        let end = tracks[track].entries.last?.end ?? 0
        return Span(category: layout.pipeline > 1 ? .drainBubble : .imbalance, start: end, end: timing.seconds)
    }
}

/// Where a rank's schedule turns: the actions of its first backward and its last forward.
struct ScheduleTurns: Sendable {
    var firstBackward = Int.max
    var lastForward = -1

    init(_ program: Program, microbatches: Int) {
        for (index, action) in program.actions.enumerated() where action.microbatch < microbatches {
            switch program.passes[action.pass].role {
            case .backward: firstBackward = min(firstBackward, index)
            case .forward: lastForward = index
            default: break
            }
        }
        // A program without either has no warm-up.
        if firstBackward == .max { firstBackward = -1 }
    }
}
