import Diagnostics
import Programs
import Recipes
import Simulation

extension StepTrace {
    /// The threads of a rank.
    enum Row: Int, CaseIterable {
        case compute, collectives, toNextStage, toPreviousStage

        var name: String {
            switch self {
            case .compute: "compute"
            case .collectives: "collectives"
            case .toNextStage: "to the next stage"
            case .toPreviousStage: "to the previous stage"
            }
        }
    }

    /// A rank and the track that shows what it does.
    struct Shown {
        var rank, track: Int
        var node: Int

        // Viewers treat process 0 and thread 0 as the idle task.
        var process: Int { node + 1 }
        func thread(_ row: Row) -> TraceEvent.Thread {
            .init(process: process, thread: 10 * (rank + 1) + row.rawValue)
        }
    }

    func shown(_ rank: Int) -> Shown {
        Shown(rank: rank, track: recording.track(of: rank), node: rank / acceleratorsPerNode)
    }

    /// Every event: names, then slices by rank, then arrows, then counters.
    func forEachEvent(_ body: (TraceEvent) throws(Diagnostic) -> Void) throws(Diagnostic) {
        var labels: [Int: Labels] = [:]
        var node = -1
        for rank in ranks.map(shown) {
            if rank.node != node {
                try body(.processName(process: rank.process, "node \(rank.node)"))
                try body(.processOrder(process: rank.process, rank.node))
                node = rank.node
            }
            try nameThreads(of: rank, body)
        }
        for rank in ranks.map(shown) {
            let names = labels[rank.track] ?? Labels(recording.programs[rank.track])
            labels[rank.track] = names
            try slices(of: rank, names, body)
            try messages(of: rank, body)
        }
        try arrows(body)
        var courses: [Int: MemoryCourse] = [:]
        for rank in ranks.map(shown) {
            let course = courses[rank.track] ?? MemoryCourse(recording.programs[rank.track])
            courses[rank.track] = course
            try counters(of: rank, course, body)
        }
    }

    private func nameThreads(
        of rank: Shown, _ body: (TraceEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let timing = recording.timing.ranks[rank.track]
        let others = isFolded && timing.rank == rank.rank ? timing.standsFor - 1 : 0
        let coordinate = Coordinate(rank: rank.rank, in: recording.layout)
        for row in Row.allCases where has(row, rank.track) {
            let like = others > 0 && row == .compute ? " and \(others) like it" : ""
            let name = "rank \(rank.rank)\(like), stage \(coordinate.pipeline): \(row.name)"
            try body(.threadName(rank.thread(row), name))
            try body(.threadOrder(rank.thread(row), Row.allCases.count * rank.rank + row.rawValue))
        }
    }

    private func has(_ row: Row, _ track: Int) -> Bool {
        switch row {
        case .compute: true
        case .collectives: !recording.tracks[track].travels.isEmpty
        case .toNextStage: sent[track].contains { recording.messages[$0].peer == .nextStage }
        case .toPreviousStage: sent[track].contains { recording.messages[$0].peer == .previousStage }
        }
    }

    /// Passes with their instructions and waits, and the collectives beside them.
    private func slices(
        of rank: Shown, _ labels: Labels, _ body: (TraceEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let program = recording.programs[rank.track]
        let thread = rank.thread(.compute)
        for (action, entries) in recording.entriesByAction(on: rank.track) {
            guard program.isShown(action, microbatches), let first = entries.first, let last = entries.last else {
                continue
            }
            let pass = program.passes[program.actions[action].pass]
            let start = nanoseconds(first.start)
            let end = nanoseconds(last.end)
            guard end > start else { continue }
            try body(
                .slice(
                    thread, start: start, end: end, name: pass.name, category: "pass",
                    microbatch: pass.isStepEnd ? nil : program.actions[action].microbatch))
            guard detail == .instructions else { continue }
            for entry in entries {
                for span in recording.spans(of: entry, on: rank.track) {
                    let (start, end) = (nanoseconds(span.start), nanoseconds(span.end))
                    guard end > start else { continue }
                    let name = span.instruction.map { labels.of(program.actions[action].pass, $0) }
                    try body(
                        .slice(
                            thread, start: start, end: end, name: name ?? span.category.name,
                            category: span.category.rawValue, microbatch: nil))
                }
            }
        }
        for (index, travel) in recording.tracks[rank.track].travels.enumerated() {
            let entry = recording.tracks[rank.track].entries[travel.entry]
            guard program.isShown(entry.action, microbatches),
                let instruction = recording.instructions(of: entry, on: rank.track).first
            else { continue }
            let (start, end) = (nanoseconds(travel.start), nanoseconds(travel.end))
            guard end > start else { continue }
            try body(
                .slice(
                    rank.thread(.collectives), start: start, end: end,
                    name: labels.of(program.actions[entry.action].pass, instruction),
                    category: recording.category(ofTravel: index, on: rank.track).rawValue, microbatch: nil))
        }
    }

    func nanoseconds(_ seconds: Double) -> Int { Int((seconds * 1e9).rounded()) }
}

extension StepRecording {
    /// The entries of each action of a track that has some, in order.
    func entriesByAction(on track: Int) -> [(action: Int, entries: ArraySlice<Entry>)] {
        let entries = tracks[track].entries
        var groups: [(action: Int, entries: ArraySlice<Entry>)] = []
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].action == entries[start].action { end += 1 }
            groups.append((entries[start].action, entries[start..<end]))
            start = end
        }
        return groups
    }
}

extension Pass {
    /// Whether the pass is no micro-batch's.
    var isStepEnd: Bool { role == .reduceGradients || role == .optimizerStep }
}

/// What the instructions of a program are called, by pass.
struct Labels {
    private let names: [[String]]

    init(_ program: Program) {
        names = program.passes.map { pass in
            pass.instructions.map { $0.operation.traceName(tokens: $0.reads.first?.count ?? 0) }
        }
    }

    func of(_ pass: Int, _ instruction: Int) -> String { names[pass][instruction] }
}

extension Operation {
    /// The operation's label, with what is exchanged among whom.
    fileprivate func traceName(tokens: Int) -> String {
        switch self {
        case .collective(let exchange): "\(exchange.kind.name), \(exchange.group.rawValue)"
        case .statistics(let phase) where phase.group != nil: "norms and statistics"
        case .send(let transfer): "send \(transfer.content.rawValue)"
        case .receive(let transfer): "receive \(transfer.content.rawValue)"
        default: label(tokens: tokens)
        }
    }
}

extension CollectiveOperation.Kind {
    fileprivate var name: String {
        switch self {
        case .allReduceSum: "all-reduce"
        case .allReduceOr: "all-reduce, or"
        case .allReduceMax: "all-reduce, maximum"
        case .reduceScatter: "reduce-scatter"
        case .reduceScatterOr: "reduce-scatter, or"
        case .allGather: "all-gather"
        }
    }
}
