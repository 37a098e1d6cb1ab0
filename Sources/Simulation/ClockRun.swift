import Diagnostics
import Programs
import Recipes

/// One step, played: each simulated rank goes on until it must wait, and is woken by whoever it waited for.
///
/// Every time is a maximum or a sum of others that do not depend on the order in which ranks are played, so the result
/// does not either.
struct ClockRun {
    let timed: TimedPrograms
    let microbatches: Int
    private let recordingSpans: Bool
    var clocks: [RankClock]
    /// Messages on their way to each rank: from its next stage, from its previous stage.
    var inboxes: [[Inbox]]
    /// How many messages were sent so far.
    var messagesSent = 0
    /// Where collectives of the compute stream meet, and those of the communication stream.
    var meetings: [Meeting]
    var streamMeetings: [Meeting]
    var runnable: [Int]
    /// Keeps what happened, if anybody asked for that.
    var recorder: StepRecorder?

    struct RankClock {
        var now = 0.0
        var action = 0
        var step = 0
        var spanStart = 0.0
        var share = StepTiming.TimeShare()
        var spans: [StepTiming.Span] = []
        /// When the last message to the next and the previous stage has left the link.
        var linkFree = [0.0, 0.0]
        /// The other side of a wait has come: a rank that meets goes on from `now`.
        var met = false
        var finished = false
        var stream = CommunicationStream()
    }

    init(_ timed: TimedPrograms, microbatches: Int, recordingSpans: Bool) {
        self.timed = timed
        self.microbatches = microbatches
        self.recordingSpans = recordingSpans
        clocks = timed.programs.map { _ in RankClock() }
        inboxes = timed.programs.map { _ in [Inbox(), Inbox()] }
        meetings = timed.attendance.map { _ in Meeting() }
        streamMeetings = meetings
        runnable = Array(timed.programs.indices.reversed())
    }

    mutating func play() throws(Diagnostic) {
        while let rank = runnable.popLast() { run(rank) }
        guard let stuck = clocks.firstIndex(where: { !$0.finished }) else { return }
        let program = timed.programs[stuck]
        let coordinate = program.coordinate
        let pass = program.passes[program.actions[clocks[stuck].action].pass].name
        throw Diagnostic(
            "clock.stuck",
            "stage \(coordinate.pipeline), data \(coordinate.data), tensor \(coordinate.tensor) waits for ever in "
                + "“\(pass)”",
            remedy: "serre check names the instructions that do not meet", kind: .failure)
    }

    /// Plays a rank until it waits or its program ends.
    private mutating func run(_ rank: Int) {
        let program = timed.programs[rank]
        while clocks[rank].action < program.actions.count {
            let action = program.actions[clocks[rank].action]
            if action.microbatch < microbatches {
                let steps = timed.passes[rank][action.pass].steps
                if clocks[rank].step == 0, !clocks[rank].met {
                    clocks[rank].spanStart = clocks[rank].now
                    clocks[rank].stream.beginPass()
                }
                while clocks[rank].step < steps.count {
                    guard perform(steps[clocks[rank].step], rank) else { return }
                    clocks[rank].step += 1
                }
                if recordingSpans {
                    clocks[rank].spans.append(
                        .init(action: clocks[rank].action, start: clocks[rank].spanStart, end: clocks[rank].now))
                }
            }
            clocks[rank].action += 1
            clocks[rank].step = 0
        }
        clocks[rank].finished = true
    }

    /// Performs a step; `false` if the rank must wait.
    private mutating func perform(_ step: TimedPass.Step, _ rank: Int) -> Bool {
        switch step {
        case .run(let busy, let exposed):
            let start = clocks[rank].now
            clocks[rank].now += busy + exposed
            clocks[rank].share.busySeconds += busy
            clocks[rank].share.exposedCommunicationSeconds += exposed
            record(rank, from: start)
            return true
        case .send(let peer, let link, let latency):
            send(peer, link: link, latency: latency, from: rank)
            return true
        case .receive(let peer): return receive(peer, rank)
        case .meet(let group, let seconds): return meet(group, seconds, rank)
        case .issue(let group, let seconds):
            record(rank, from: clocks[rank].now)
            issue(group, seconds, rank)
            return true
        case .await(let count): return waitForStream(count, rank)
        }
    }

    /// Keeps the step at which a rank is: from `start` on it waited for something until `ready`, then worked until now.
    mutating func record(
        _ rank: Int, from start: Double, ready: Double? = nil, _ wait: StepRecording.Wait = .nothing
    ) {
        guard recorder != nil else { return }
        let entry = StepRecording.Entry(
            action: clocks[rank].action, step: clocks[rank].step, start: start, ready: ready ?? start,
            end: clocks[rank].now, wait: wait)
        recorder?.entries[rank].append(entry)
    }
}
