import Programs

/// A pass as the clock plays it: stretches of work between the points where ranks meet.
struct TimedPass {
    enum Step {
        /// Work of this rank alone, and collectives among ranks that arrive together by symmetry.
        case run(busy: Double, exposed: Double)
        case send(Peer, link: Double, latency: Double)
        case receive(Peer)
        /// A collective whose members can arrive at different times.
        case meet(Group, seconds: Double)
    }

    var steps: [Step] = []
    var timing: PassTiming

    /// Where the pass runs.
    struct Place {
        var rank: Int
        var views: RankViews
        /// By ``Group/index``: whether the group's ranks are simulated apart from each other.
        var meets: [Bool]

        func view(of group: Group) -> RankView { views.view(of: group, from: rank) }
    }

    init(_ pass: Pass, of program: Program, at place: Place, _ costs: MachineCosts) {
        timing = PassTiming(name: pass.name, instructionSeconds: [], busySeconds: 0, communicationSeconds: 0)
        for instruction in pass.instructions {
            switch instruction.operation {
            case .send(let peer):
                let view = place.views.view(of: peer, from: place.rank)
                let (link, latency) = costs.transfer(elements: instruction.reads[0].count, view)
                note(communication: link + latency)
                steps.append(.send(peer, link: link, latency: latency))
            case .receive(let peer):
                // The message's time is counted at its sender.
                note(communication: 0)
                steps.append(.receive(peer))
            case .collective(let operation):
                collective(operation.group, costs.seconds(operation, place.view(of: operation.group)), place)
            case .statistics(let phase):
                if let (group, bytes) = Self.exchange(phase, instruction, program) {
                    collective(group, costs.round(chunkBytes: bytes, place.view(of: group)), place)
                } else {
                    work(costs.seconds(instruction))
                }
            default: work(costs.seconds(instruction))
            }
        }
    }

    private mutating func note(busy: Double = 0, communication: Double = 0) {
        timing.instructionSeconds.append(busy + communication)
        timing.busySeconds += busy
        timing.communicationSeconds += communication
    }

    private mutating func work(_ seconds: Double) {
        note(busy: seconds)
        extend(busy: seconds, exposed: 0)
    }

    private mutating func collective(_ group: Group, _ seconds: Double, _ place: Place) {
        note(communication: seconds)
        if place.meets[group.index] {
            steps.append(.meet(group, seconds: seconds))
        } else {
            extend(busy: 0, exposed: seconds)
        }
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
