import Programs

/// The chain of work, messages and collectives that the step's end waited for, walked from the end to the start.
struct CriticalPath {
    private(set) var breakdown = Attribution.Breakdown()
    private(set) var hops = 0
    private let recording: StepRecording
    private let costs: PassBreakdowns
    /// Where the walk is: before this entry everything is still to be accounted for.
    private var track: Int
    private var entry: Int

    init(_ recording: StepRecording, _ costs: PassBreakdowns) {
        self.recording = recording
        self.costs = costs
        let ends = recording.tracks.map { $0.entries.last?.end ?? 0 }
        track = ends.indices.max { ends[$0] < ends[$1] || (ends[$0] == ends[$1] && $0 > $1) } ?? 0
        entry = (recording.tracks.indices.contains(track) ? recording.tracks[track].entries.count : 0) - 1
    }

    mutating func walk() {
        while entry >= 0 { step() }
    }

    /// Accounts for an entry and goes to what it waited for.
    private mutating func step() {
        let current = recording.tracks[track].entries[entry]
        if current.end > current.ready { breakdown.add(costs.work(of: current, on: track, recording), times: 1) }
        entry -= 1
        guard current.ready > current.start else { return }
        switch current.wait {
        case .nothing: preconditionFailure("a wait for nothing")
        case .message(let index):
            let message = recording.messages[index]
            breakdown[.pipelineTransfer] += current.ready - message.sent
            go(to: message.sender, message.sendEntry - 1)
        case .meeting(let index):
            let meeting = recording.meetings[index]
            go(to: meeting.track, meeting.entry - 1)
        case .travel(let index): follow(.init(track: track, index: index))
        }
    }

    /// Accounts for a collective of a communication stream and those that it followed without a break.
    private mutating func follow(_ id: StepRecording.TravelID) {
        var id = id
        while true {
            let ended = recording.tracks[id.track].travels[id.index]
            breakdown[recording.category(ofTravel: id.index, on: id.track)] += ended.end - ended.start
            if let last = ended.last { id = last }
            let own = recording.tracks[id.track].travels[id.index]
            guard id.index > 0, recording.tracks[id.track].travels[id.index - 1].end > own.issued else {
                return go(to: id.track, own.entry - 1)
            }
            id.index -= 1
        }
    }

    private mutating func go(to other: Int, _ index: Int) {
        if other != track { hops += 1 }
        (track, entry) = (other, index)
    }
}
