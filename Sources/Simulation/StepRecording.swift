import Programs
import Recipes

/// What every simulated rank did when in one step, and what each wait waited for.
///
/// It keeps the steps of passes: stretches of instructions without a wait between them, and the waits. What the
/// instructions of a stretch took follows from the pass (``spans(of:on:)``).
public struct StepRecording: Sendable {
    public let timing: StepTiming
    let timed: TimedPrograms
    /// One track for each simulated rank, in the order of ``StepTiming/ranks``.
    public let tracks: [Track]
    /// In the order in which they were sent by the play, which is no order in time.
    public let messages: [Message]
    let meetings: [Meeting]
    /// The instructions of every step of every pass, by track.
    let instructions: [[[Range<Int>]]]
    /// Where each track's schedule turns.
    let turns: [ScheduleTurns]

    public struct Track: Sendable {
        /// In order; each begins when the one before it ends.
        public internal(set) var entries: [Entry] = []
        /// The collectives of the communication stream, in order.
        public internal(set) var travels: [Travel] = []
    }

    /// One step of a pass on one rank: a wait, then work, either of which may be nothing.
    public struct Entry: Sendable {
        /// Index into the program's actions.
        public var action: Int
        /// Index into the pass's steps.
        public var step: Int
        public var start: Double
        /// When the wait was over.
        public var ready: Double
        public var end: Double
        public var wait: Wait
    }

    /// What a step has to wait for before it can go on.
    public enum Wait: Sendable, Equatable {
        case nothing
        /// Index into ``StepRecording/messages``.
        case message(Int)
        /// Index into the meetings.
        case meeting(Int)
        /// Index into the track's ``Track/travels``.
        case travel(Int)
    }

    /// A message between two stages.
    public struct Message: Sendable {
        /// Indices of tracks.
        public var sender, receiver: Int
        /// Indices of entries on those tracks; `nil` for a message that nobody took.
        public var sendEntry: Int
        public var receiveEntry: Int?
        /// Which neighbour of the sender gets it.
        public var peer: Peer
        public var sent: Double
        /// When it is the message's turn on its link, and when the last of it has left.
        public var departs, left: Double
        public var arrives: Double
    }

    /// A collective on the communication stream.
    public struct Travel: Sendable {
        /// Index of the entry that sent it off.
        public var entry: Int
        public var issued: Double
        /// When its last member came.
        public var start: Double
        public var end: Double
        /// The member that came last; `nil` where all come together.
        var last: TravelID?
    }

    struct TravelID: Sendable, Equatable { var track, index: Int }

    /// A collective of the compute stream: who came last, and with which entry.
    struct Meeting: Sendable { var track, entry: Int }

    init(_ timed: TimedPrograms, _ run: ClockRun) {
        let recorder = run.recorder ?? StepRecorder(ranks: timed.programs.count)
        self.timed = timed
        timing = run.timing
        tracks = zip(recorder.entries, recorder.travels).map { Track(entries: $0, travels: $1) }
        messages = recorder.messages
        meetings = recorder.meetings
        instructions = timed.passes.map { $0.map(\.instructionRanges) }
        turns = timed.programs.map { ScheduleTurns($0, microbatches: run.microbatches) }
    }

    public var layout: Layout { timed.layout }
    /// The program of each track.
    public var programs: [Program] { timed.programs }
    /// The track that shows a rank of the layout: its own, or that of a rank which does the same at the same times.
    public func track(of rank: Int) -> Int { timed.standIns[rank] }

    func action(_ entry: Entry, on track: Int) -> Action { programs[track].actions[entry.action] }

    /// The pass that an entry is a part of, as the clock plays it.
    func pass(_ entry: Entry, on track: Int) -> TimedPass { timed.passes[track][action(entry, on: track).pass] }

    /// The instructions of an entry's pass.
    func program(of entry: Entry, on track: Int) -> [Instruction] {
        programs[track].passes[action(entry, on: track).pass].instructions
    }

    /// The instructions that an entry is, as indices into those of its pass; none where it only waits.
    public func instructions(of entry: Entry, on track: Int) -> Range<Int> {
        instructions[track][action(entry, on: track).pass][entry.step]
    }
}

/// Keeps what happens while a step is played.
struct StepRecorder {
    var entries: [[StepRecording.Entry]]
    var travels: [[StepRecording.Travel]]
    var messages: [StepRecording.Message] = []
    var meetings: [StepRecording.Meeting] = []

    init(ranks: Int) {
        entries = Array(repeating: [], count: ranks)
        travels = Array(repeating: [], count: ranks)
    }

    /// The rank's latest entry sent a message.
    mutating func sent(
        by rank: Int, to target: Int, _ peer: Peer, sent: Double, departs: Double, left: Double, arrives: Double
    ) {
        messages.append(
            .init(
                sender: rank, receiver: target, sendEntry: entries[rank].count - 1, peer: peer, sent: sent,
                departs: departs, left: left, arrives: arrives))
    }

    /// The rank's next entry takes a message.
    mutating func taken(_ number: Int, by rank: Int) { messages[number].receiveEntry = entries[rank].count }

    /// A meeting takes place with the next entry of each member; returns its number.
    mutating func meet(lastly rank: Int) -> Int {
        meetings.append(.init(track: rank, entry: entries[rank].count))
        return meetings.count - 1
    }

    /// The rank's next collective to end.
    func travel(of rank: Int) -> StepRecording.TravelID { .init(track: rank, index: travels[rank].count) }

    mutating func travelled(_ rank: Int, _ travel: StepRecording.Travel) { travels[rank].append(travel) }
}
