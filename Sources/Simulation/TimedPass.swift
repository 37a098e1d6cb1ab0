import Programs

/// A pass as the clock plays it: stretches of work between the points where ranks meet.
struct TimedPass: Sendable {
    enum Step: Sendable {
        /// Work of this rank alone, and collectives among ranks that arrive together by symmetry.
        case run(busy: Double, exposed: Double)
        case send(Peer, link: Double, latency: Double)
        case receive(Peer)
        /// A collective whose members can arrive at different times.
        case meet(Group, seconds: Double)
        /// A collective that goes its way on the communication stream; `group` is `nil` for members that arrive together.
        case issue(group: Group?, seconds: Double)
        /// Goes on when so many of the pass's issued collectives have ended.
        case await(count: Int)
    }

    var steps: [Step] = []
    var timing: PassTiming
    private let slowdown: Double
    /// For each instruction, the step that it is a part of.
    private var stepOfInstruction: [Int] = []
    /// What every kernel waits at least for its launch.
    let launchSeconds: Double

    /// Where the pass runs.
    struct Place {
        var rank: Int
        var views: RankViews
        /// By ``Group/index``: whether the group's ranks are simulated apart from each other.
        var meets: [Bool]
        /// What the rank's work takes longer than elsewhere.
        var slowdown = 1.0

        func view(of group: Group) -> RankView { views.view(of: group, from: rank) }
    }

    init(_ pass: Pass, of program: Program, at place: Place, _ costs: MachineCosts) {
        slowdown = place.slowdown
        timing = PassTiming(name: pass.name, instructionSeconds: [], busySeconds: 0, communicationSeconds: 0)
        launchSeconds = costs.launchSeconds
        // The communication stream's instructions so far, and how many of them have been waited for.
        var issued: [Int] = []
        var awaited = 0
        func due(_ index: Int) -> Int { issued.prefix { $0 <= index }.count }
        for (index, instruction) in pass.instructions.enumerated() {
            if !pass.waits.isEmpty, instruction.stream == .compute, due(pass.waits[index]) > awaited {
                awaited = due(pass.waits[index])
                steps.append(.await(count: awaited))
            }
            switch instruction.operation {
            case .send(let message):
                let view = place.views.view(of: message.peer, from: place.rank)
                let transfer = costs.transfer(
                    bytes: Self.elementBytes(instruction, program) * Double(instruction.reads.first?.count ?? 0), view)
                let (link, latency) = (Self.ticks(transfer.link), Self.ticks(transfer.latency))
                note(communication: link + latency)
                append(.send(message.peer, link: link, latency: latency))
            case .receive(let transfer):
                // The message's time is counted at its sender.
                note(communication: 0)
                append(.receive(transfer.peer))
            case .collective(let operation) where instruction.stream == .communication:
                issued.append(index)
                let seconds = costs.seconds(
                    operation, elementBytes: Self.elementBytes(instruction, program),
                    place.view(of: operation.group))
                issue(operation.group, seconds, place)
                // What travels takes some of the accelerator from what is computed beside it.
                interfere(costs.engine.interference * seconds)
            case .collective(let operation):
                let seconds = costs.seconds(
                    operation, elementBytes: Self.elementBytes(instruction, program),
                    place.view(of: operation.group))
                collective(operation.group, seconds, place)
            case .statistics(let phase):
                if let (group, bytes) = Self.exchange(phase, instruction, program) {
                    collective(group, costs.round(chunkBytes: bytes, place.view(of: group)), place)
                } else {
                    work(costs.seconds(instruction, in: program))
                }
            default: work(costs.seconds(instruction, in: program))
            }
        }
        if issued.count > awaited { steps.append(.await(count: issued.count)) }
    }

    /// Bytes of one element of what an instruction sends, as it is stored.
    private static func elementBytes(_ instruction: Instruction, _ program: Program) -> Double {
        guard let operand = instruction.reads.first ?? instruction.writes.first else { return 4 }
        return Double(program.buffers[operand.buffer.index].elementType.bytes)
    }

    private mutating func note(busy: Double = 0, communication: Double = 0) {
        timing.instructionSeconds.append(busy + communication)
        timing.busySeconds += busy
        timing.communicationSeconds += communication
    }

    /// Time is counted in units of 2^-44 s, about 0.06 picoseconds: up to 2^9 s such numbers add up without rounding, in
    /// whatever order, so that ranks that stand for others take exactly the time that those would.
    private static func ticks(_ seconds: Double) -> Double {
        seconds < 0x1p9 ? (seconds * 0x1p44).rounded() * 0x1p-44 : seconds
    }

    private mutating func work(_ seconds: Double) {
        let seconds = Self.ticks(slowdown * seconds)
        note(busy: seconds)
        extend(busy: seconds, exposed: 0)
        stepOfInstruction.append(steps.count - 1)
    }

    private mutating func collective(_ group: Group, _ seconds: Double, _ place: Place) {
        let seconds = Self.ticks(seconds)
        note(communication: seconds)
        if place.meets[group.index] {
            append(.meet(group, seconds: seconds))
        } else {
            extend(busy: 0, exposed: seconds)
            stepOfInstruction.append(steps.count - 1)
        }
    }

    private mutating func issue(_ group: Group, _ seconds: Double, _ place: Place) {
        let seconds = Self.ticks(seconds)
        note(communication: seconds)
        append(.issue(group: place.meets[group.index] ? group : nil, seconds: seconds))
    }

    /// Adds a step that one instruction is.
    private mutating func append(_ step: Step) {
        stepOfInstruction.append(steps.count)
        steps.append(step)
    }

    /// The instructions of each step, none for one that only waits.
    var instructionRanges: [Range<Int>] {
        var ranges = steps.map { _ in 0..<0 }
        for (index, step) in stepOfInstruction.enumerated() {
            ranges[step] = ranges[step].isEmpty ? index..<index + 1 : ranges[step].lowerBound..<index + 1
        }
        return ranges
    }

    private mutating func interfere(_ seconds: Double) {
        let seconds = Self.ticks(seconds)
        guard seconds > 0 else { return }
        timing.busySeconds += seconds
        extend(busy: seconds, exposed: 0)
    }

    private mutating func extend(busy: Double, exposed: Double) {
        if case .run(let oldBusy, let oldExposed) = steps.last {
            steps[steps.count - 1] = .run(busy: oldBusy + busy, exposed: oldExposed + exposed)
        } else {
            steps.append(.run(busy: busy, exposed: exposed))
        }
    }

    /// The group that a statistics phase speaks to and the bytes each member tells it; `nil` for local work. The
    /// samples' losses are so few that only the message's latency counts.
    private static func exchange(
        _ phase: Statistics, _ instruction: Instruction, _ program: Program
    ) -> (Group, bytes: Double)? {
        switch phase {
        case .squareSums: nil
        case .gatherSquares, .gatherUpdates: (.data, 8 * Double(instruction.reads.first?.count ?? 0))
        case .combineSquares, .combineUpdates:
            (.replica, 8 * Double(program.shard.entries.reduce(0) { $0 + $1.segments.count }))
        }
    }
}
