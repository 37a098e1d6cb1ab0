import Recipes

/// Runs every rank's sends, receives and collectives without data, to see that they meet.
///
/// Sends never wait, as in the executor; a receive waits for its message and a collective for all members.
struct CommunicationCheck {
    let programs: [Program]
    let layout: Layout
    /// The communication of each pass of each rank.
    private let points: [[[Instruction]]]
    private var places: [Place]
    private var inFlight: [Link: [Message]] = [:]
    private var groups: [OpenGroup] = []
    /// The groups that each rank belongs to, as indices into `groups`.
    private var memberships: [[Group: Int]]
    /// The number of the call that a rank has entered and waits in.
    private var entered: [Int?]

    private struct Place { var action = 0, point = 0 }
    /// Messages of one content over one boundary between two ranks: they keep their order.
    private struct Link: Hashable {
        var from, to: Int
        var content: Transfer.Content
        var boundary: Int

        init(_ transfer: Transfer, from: Int, to: Int) {
            (self.from, self.to, content, boundary) = (from, to, transfer.content, transfer.boundary)
        }
    }
    private struct Message {
        var count, microbatch: Int
        var type: BufferDeclaration.ElementType
    }
    /// The exchange that a group's members are entering.
    private struct OpenGroup {
        var members: [Int]
        /// Exchanges completed.
        var calls = 0
        var arrived: [(rank: Int, operation: GroupExchange)] = []
    }
    private enum Outcome { case proceeds, waits, fails(Checker.Problem) }

    init(programs: [Program], layout: Layout) {
        self.programs = programs
        self.layout = layout
        points = programs.map { program in
            program.passes.map { pass in pass.instructions.filter { $0.operation.communicates } }
        }
        places = programs.map { _ in Place() }
        memberships = programs.map { _ in [:] }
        entered = programs.map { _ in nil }
        for (rank, program) in programs.enumerated() {
            for group in Group.allCases {
                let members = group.members(of: program.coordinate, in: layout)
                guard members.first == rank else { continue }
                for member in members { memberships[member][group] = groups.count }
                groups.append(OpenGroup(members: members))
            }
        }
    }

    /// The problems found; after a mismatch, which makes what follows meaningless, only that one.
    mutating func run() -> [Checker.Problem] {
        var progress = true
        while progress {
            progress = false
            for rank in programs.indices {
                switch advance(rank) {
                case .proceeds: progress = true
                case .waits: break
                case .fails(let problem): return [problem]
                }
            }
        }
        let stuck = stuckProblems()
        return stuck.isEmpty ? unreadProblems() : stuck
    }

    /// Takes a rank as far as it gets; it proceeds even if it only enters an exchange.
    private mutating func advance(_ rank: Int) -> Outcome {
        var moved = false
        while let (instruction, microbatch) = next(rank) {
            let before = entered[rank]
            switch attempt(instruction, microbatch, rank) {
            case .proceeds:
                places[rank].point += 1
                moved = true
            case .waits: return moved || entered[rank] != before ? .proceeds : .waits
            case .fails(let problem): return .fails(problem)
            }
        }
        return moved ? .proceeds : .waits
    }

    /// The next communication of a rank and its micro-batch; passes without any are walked over.
    private mutating func next(_ rank: Int) -> (Instruction, microbatch: Int)? {
        while places[rank].action < programs[rank].actions.count {
            let action = programs[rank].actions[places[rank].action]
            let point = places[rank].point
            if point < points[rank][action.pass].count { return (points[rank][action.pass][point], action.microbatch) }
            places[rank] = Place(action: places[rank].action + 1)
        }
        return nil
    }

    private mutating func attempt(_ instruction: Instruction, _ microbatch: Int, _ rank: Int) -> Outcome {
        let coordinate = programs[rank].coordinate
        switch instruction.operation {
        case .send(let transfer):
            let link = Link(transfer, from: rank, to: transfer.peer.rank(of: coordinate, in: layout))
            inFlight[link, default: []].append(
                Message(
                    count: instruction.reads[0].count, microbatch: microbatch, type: type(instruction.reads[0], rank)))
            return .proceeds
        case .receive(let transfer):
            let from = transfer.peer.rank(of: coordinate, in: layout)
            guard let message = take(Link(transfer, from: from, to: rank)) else { return .waits }
            let count = instruction.writes[0].count
            if message.count != count {
                return fail(
                    .shapeMismatch, rank, "receives \(count) elements where rank \(from) sends \(message.count)")
            }
            if message.type != type(instruction.writes[0], rank) {
                return fail(.shapeMismatch, rank, "receives elements of another type than rank \(from) sends")
            }
            if message.microbatch != microbatch {
                return fail(
                    .unmatchedReceive, rank,
                    "receives for micro-batch \(microbatch) what rank \(from) sends for \(message.microbatch)")
            }
            return .proceeds
        default: return instruction.exchange.map { meet($0, rank) } ?? .proceeds
        }
    }

    private func type(_ operand: Operand, _ rank: Int) -> BufferDeclaration.ElementType {
        programs[rank].buffers[operand.buffer.index].elementType
    }

    private mutating func take(_ link: Link) -> Message? {
        guard let queue = inFlight[link], !queue.isEmpty else { return nil }
        return inFlight[link]?.removeFirst()
    }

    private mutating func meet(_ operation: GroupExchange, _ rank: Int) -> Outcome {
        guard let index = memberships[rank][operation.group] else {
            return fail(.collectiveOrder, rank, "is no member of its \(operation.group.rawValue) group")
        }
        if let call = entered[rank] {
            guard groups[index].calls > call else { return .waits }
            entered[rank] = nil
            return .proceeds
        }
        groups[index].arrived.append((rank, operation))
        guard groups[index].arrived.count == groups[index].members.count else {
            entered[rank] = groups[index].calls
            return .waits
        }
        if let mismatch = mismatch(in: groups[index]) { return .fails(mismatch) }
        groups[index].calls += 1
        groups[index].arrived = []
        return .proceeds
    }

    /// The first member whose part of a complete exchange differs from what most members do.
    private func mismatch(in group: OpenGroup) -> Checker.Problem? {
        guard !group.arrived.allSatisfy({ $0.operation == group.arrived[0].operation }) else { return nil }
        let calls = group.arrived.sorted { $0.rank < $1.rank }
        func followers(_ call: GroupExchange) -> Int { calls.filter { $0.operation == call }.count }
        let most = calls.map { followers($0.operation) }.max()
        guard let usual = calls.first(where: { followers($0.operation) == most }),
            let odd = calls.first(where: { $0.operation != usual.operation })
        else { return nil }
        let (here, there) = (odd.operation, usual.operation)
        if here.name != there.name {
            return .init(
                kind: .collectiveOrder, rank: odd.rank,
                detail: "exchange \(group.calls) of the \(here.group.rawValue) group is \(here.name) here and "
                    + "\(there.name) on rank \(usual.rank)")
        }
        return .init(
            kind: .shapeMismatch, rank: odd.rank,
            detail: "\(here.name) of the \(here.group.rawValue) group has \(here.count) elements in chunks "
                + "\(here.cuts) here, \(there.count) in \(there.cuts) on rank \(usual.rank)")
    }

    private func fail(_ kind: Checker.Problem.Kind, _ rank: Int, _ detail: String) -> Outcome {
        .fails(.init(kind: kind, rank: rank, detail: detail))
    }
}

/// What is left when no rank can go on.
extension CommunicationCheck {
    /// What a rank waits for: the first rank that will never come, or the first that has not.
    private struct Wait {
        var instruction: Instruction
        var rank: Int
        var comes: Bool
    }

    /// Ranks that wait in a circle are in a deadlock; who waits for a finished rank waits in vain. Ranks stuck behind
    /// those are not named: they have no fault of their own.
    private mutating func stuckProblems() -> [Checker.Problem] {
        var instructions: [Instruction?] = []
        for rank in programs.indices { instructions.append(next(rank)?.0) }
        let waits = programs.indices.map { rank in instructions[rank].map { wait(of: rank, $0, instructions) } }
        return programs.indices.compactMap { rank in
            guard let wait = waits[rank] else { return nil }
            guard wait.comes else { return inVain(wait, rank) }
            guard let circle = circle(from: rank, waits) else { return nil }
            let path = (circle + [rank]).map { "\($0)" }.joined(separator: " → ")
            return .init(
                kind: .deadlock, rank: rank, detail: "waits for \(what(wait)); ranks wait in a circle: \(path)")
        }
    }

    private func wait(of rank: Int, _ instruction: Instruction, _ next: [Instruction?]) -> Wait {
        func comes(_ other: Int) -> Bool { next.indices.contains(other) && next[other] != nil }
        switch instruction.operation {
        case .receive(let transfer):
            let from = transfer.peer.rank(of: programs[rank].coordinate, in: layout)
            return Wait(instruction: instruction, rank: from, comes: comes(from))
        default:
            let group = instruction.exchange.flatMap { memberships[rank][$0.group] }.map { groups[$0] }
            let missing =
                group.map { group in group.members.filter { member in !group.arrived.contains { $0.rank == member } } }
                ?? []
            let other = missing.first { !comes($0) } ?? missing.first ?? rank
            return Wait(instruction: instruction, rank: other, comes: comes(other))
        }
    }

    private func inVain(_ wait: Wait, _ rank: Int) -> Checker.Problem {
        var kind = Checker.Problem.Kind.unmatchedReceive
        if wait.instruction.exchange != nil { kind = .collectiveOrder }
        return .init(kind: kind, rank: rank, detail: "waits for \(what(wait)), which never comes")
    }

    private func what(_ wait: Wait) -> String {
        guard let operation = wait.instruction.exchange else {
            return "a message from rank \(wait.rank)"
        }
        return "rank \(wait.rank) in \(operation.name) of the \(operation.group.rawValue) group"
    }

    /// The ranks from `start` back to it along the waits; `nil` when the path ends elsewhere.
    private func circle(from start: Int, _ waits: [Wait?]) -> [Int]? {
        var path = [start]
        while let last = path.last, let wait = waits[last], wait.comes, path.count <= waits.count {
            if wait.rank == start { return path }
            path.append(wait.rank)
        }
        return nil
    }

    private func unreadProblems() -> [Checker.Problem] {
        let unread = inFlight.filter { !$0.value.isEmpty }.keys.sorted {
            ($0.from, $0.to, $0.boundary, $0.content.rawValue) < ($1.from, $1.to, $1.boundary, $1.content.rawValue)
        }
        return unread.map { link in
            .init(kind: .unmatchedSend, rank: link.from, detail: "rank \(link.to) never receives what is sent")
        }
    }
}

extension Operation {
    fileprivate var communicates: Bool {
        switch self {
        case .send, .receive, .collective: true
        case .statistics(let phase): phase.group != nil
        default: false
        }
    }
}

extension Instruction {
    /// What the members of a group must enter together; `nil` for an operation that a rank does alone or with a peer.
    fileprivate var exchange: GroupExchange? {
        switch operation {
        case .collective(let operation):
            GroupExchange(
                group: operation.group, name: operation.kind.rawValue, count: operation.count, cuts: operation.cuts,
                blocks: operation.blocks, stream: stream)
        case .statistics(let phase):
            phase.group.map {
                GroupExchange(group: $0, name: phase.rawValue, count: 0, cuts: [], blocks: 1, stream: stream)
            }
        default: nil
        }
    }
}

/// An exchange as the checker sees it: a collective, or a phase of the statistics, whose payloads may differ in size.
private struct GroupExchange: Equatable {
    var group: Group
    var name: String
    var count: Int
    var cuts: [Int]
    var blocks: Int
    var stream: Stream
}
