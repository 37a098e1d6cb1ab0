import Diagnostics
import Programs
import Recipes

/// One step, played: each simulated rank goes on until it must wait, and is woken by whoever it waited for.
///
/// Every time is a maximum or a sum of others that do not depend on the order in which ranks are played, so the result
/// does not either.
struct ClockRun {
    private let timed: TimedPrograms
    private let microbatches: Int
    private let recordingSpans: Bool
    private var clocks: [RankClock]
    /// Messages on their way to each rank: from its next stage, from its previous stage.
    private var inboxes: [[Inbox]]
    /// Where collectives of the compute stream meet, and those of the communication stream.
    private var meetings: [Meeting]
    private var streamMeetings: [Meeting]
    private var runnable: [Int]

    private struct RankClock {
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

    /// Collectives that go their way while the rank computes, one after the other.
    private struct CommunicationStream {
        struct Travel {
            /// Where its members meet; -1 if they arrive together.
            var place: Int
            var seconds: Double
            var issued: Double
        }
        /// Those of the pass at hand that have not ended, and when each that has did.
        var waiting: [Travel] = []
        var ends: [Double] = []
        /// When the last one ended.
        var free = 0.0
        /// The first of `waiting` has arrived where its members meet.
        var hasArrived = false
        /// The rank goes on when so many of the pass's collectives have ended.
        var awaited: Int?
    }

    private struct Message { var sent, arrives: Double }

    private struct Inbox {
        var messages: [Message] = []
        var taken = 0
        var isAwaited = false
    }

    private struct Meeting {
        var waiting: [(rank: Int, since: Double)] = []
        var latest = 0.0
        var seconds = 0.0
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
                    clocks[rank].stream.ends.removeAll(keepingCapacity: true)
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
            clocks[rank].now += busy + exposed
            clocks[rank].share.busySeconds += busy
            clocks[rank].share.exposedCommunicationSeconds += exposed
            return true
        case .send(let peer, let link, let latency):
            send(peer, link: link, latency: latency, from: rank)
            return true
        case .receive(let peer): return receive(peer, rank)
        case .meet(let group, let seconds): return meet(group, seconds, rank)
        case .issue(let group, let seconds):
            let place = group.map { timed.places[rank][$0.index] } ?? -1
            clocks[rank].stream.waiting.append(.init(place: place, seconds: seconds, issued: clocks[rank].now))
            advanceStream(rank)
            return true
        case .await(let count): return waitForStream(count, rank)
        }
    }

    /// Takes a rank's communication stream as far as it goes without other ranks.
    private mutating func advanceStream(_ rank: Int) {
        while !clocks[rank].stream.hasArrived, let travel = clocks[rank].stream.waiting.first {
            let start = max(travel.issued, clocks[rank].stream.free)
            guard travel.place >= 0 else {
                endTravel(rank, at: start + travel.seconds)
                continue
            }
            clocks[rank].stream.hasArrived = true
            streamMeetings[travel.place].waiting.append((rank, start))
            streamMeetings[travel.place].latest = max(streamMeetings[travel.place].latest, start)
            streamMeetings[travel.place].seconds = max(streamMeetings[travel.place].seconds, travel.seconds)
            let meeting = streamMeetings[travel.place]
            guard meeting.waiting.count == timed.attendance[travel.place] else { return }
            streamMeetings[travel.place] = Meeting()
            for (member, _) in meeting.waiting { endTravel(member, at: meeting.latest + meeting.seconds) }
            for (member, _) in meeting.waiting where member != rank { advanceStream(member) }
        }
    }

    /// Ends the first collective of a rank's stream, and wakes the rank if it waits for that.
    private mutating func endTravel(_ rank: Int, at time: Double) {
        clocks[rank].stream.waiting.removeFirst()
        clocks[rank].stream.hasArrived = false
        clocks[rank].stream.ends.append(time)
        clocks[rank].stream.free = time
        guard let awaited = clocks[rank].stream.awaited, clocks[rank].stream.ends.count >= awaited else { return }
        clocks[rank].stream.awaited = nil
        runnable.append(rank)
    }

    private mutating func waitForStream(_ count: Int, _ rank: Int) -> Bool {
        guard clocks[rank].stream.ends.count >= count else {
            clocks[rank].stream.awaited = count
            return false
        }
        let end = clocks[rank].stream.ends[count - 1]
        clocks[rank].share.exposedCommunicationSeconds += max(0, end - clocks[rank].now)
        clocks[rank].now = max(clocks[rank].now, end)
        return true
    }

    private mutating func send(_ peer: Peer, link: Double, latency: Double, from rank: Int) {
        let forward = peer == .nextStage
        let target = forward ? timed.next[rank] : timed.previous[rank]
        guard target >= 0 else { return }
        let left = max(clocks[rank].now, clocks[rank].linkFree[forward ? 0 : 1]) + link
        clocks[rank].linkFree[forward ? 0 : 1] = left
        // What I send to my next stage comes to it from its previous one.
        let side = forward ? 1 : 0
        inboxes[target][side].messages.append(Message(sent: clocks[rank].now, arrives: left + latency))
        if inboxes[target][side].isAwaited {
            inboxes[target][side].isAwaited = false
            runnable.append(target)
        }
    }

    private mutating func receive(_ peer: Peer, _ rank: Int) -> Bool {
        let side = peer == .nextStage ? 0 : 1
        let taken = inboxes[rank][side].taken
        guard taken < inboxes[rank][side].messages.count else {
            inboxes[rank][side].isAwaited = true
            return false
        }
        let message = inboxes[rank][side].messages[taken]
        inboxes[rank][side].taken += 1
        let now = clocks[rank].now
        guard message.arrives > now else { return true }
        // Before the message was sent there was nothing to wait for but the sender.
        let bubble = max(0, message.sent - now)
        clocks[rank].share.bubbleSeconds += bubble
        clocks[rank].share.exposedCommunicationSeconds += message.arrives - now - bubble
        clocks[rank].now = message.arrives
        return true
    }

    private mutating func meet(_ group: Group, _ seconds: Double, _ rank: Int) -> Bool {
        if clocks[rank].met {
            clocks[rank].met = false
            return true
        }
        let place = timed.places[rank][group.index]
        let now = clocks[rank].now
        meetings[place].waiting.append((rank, now))
        meetings[place].latest = max(meetings[place].latest, now)
        meetings[place].seconds = max(meetings[place].seconds, seconds)
        guard meetings[place].waiting.count == timed.attendance[place] else { return false }
        let meeting = meetings[place]
        meetings[place].waiting.removeAll(keepingCapacity: true)
        meetings[place].seconds = 0
        for (member, since) in meeting.waiting {
            clocks[member].share.bubbleSeconds += meeting.latest - since
            clocks[member].share.exposedCommunicationSeconds += meeting.seconds
            clocks[member].now = meeting.latest + meeting.seconds
            guard member != rank else { continue }
            clocks[member].met = true
            runnable.append(member)
        }
        return true
    }

    /// What came out, once everything has been played.
    var timing: StepTiming {
        let seconds = clocks.map(\.now).max() ?? 0
        let ranks = clocks.indices.map { index in
            let coordinate = timed.programs[index].coordinate
            var share = clocks[index].share
            share.bubbleSeconds += seconds - clocks[index].now
            return StepTiming.RankTiming(
                rank: timed.ranks[index], coordinate: coordinate, standsFor: timed.sizes[index], share: share,
                passes: timed.passes[index].map(\.timing), spans: clocks[index].spans)
        }
        return StepTiming(seconds: seconds, ranks: ranks, stages: Self.stages(ranks))
    }

    private static func stages(_ ranks: [StepTiming.RankTiming]) -> [StepTiming.StageTiming] {
        let count = (ranks.map(\.coordinate.pipeline).max() ?? -1) + 1
        var totals = Array(repeating: (StepTiming.TimeShare(), 0.0), count: count)
        for rank in ranks {
            let weight = Double(rank.standsFor)
            let stage = rank.coordinate.pipeline
            totals[stage].0.busySeconds += weight * rank.share.busySeconds
            totals[stage].0.exposedCommunicationSeconds += weight * rank.share.exposedCommunicationSeconds
            totals[stage].0.bubbleSeconds += weight * rank.share.bubbleSeconds
            totals[stage].1 += weight
        }
        return totals.enumerated().map { stage, total in
            let (sum, weight) = total
            return .init(
                stage: stage,
                share: .init(
                    busySeconds: sum.busySeconds / weight,
                    exposedCommunicationSeconds: sum.exposedCommunicationSeconds / weight,
                    bubbleSeconds: sum.bubbleSeconds / weight))
        }
    }
}
