import Programs
import Recipes

/// What one chunk of layers on one stage takes, from below, and the messages it sends.
struct ChunkCosts {
    var receiveActivation = 0.0
    var forward = 0.0
    var receiveGradient = 0.0
    /// Of a micro-batch, and of a lane's last one where lanes are strided.
    var backward = 0.0
    var closing = 0.0
    /// Until the gradient leaves.
    var backwardBeforeSend = 0.0
    var closingBeforeSend = 0.0
    var activation = Message()
    var gradient = Message()

    struct Message {
        var linkSeconds = 0.0
        var latencySeconds = 0.0
        var seconds: Double { linkSeconds + latencySeconds }
    }
}

/// The end of a step on one stage: stretches of its own between meetings of the whole replica.
struct TailCosts {
    var stretches: [Double] = [0]
    var meetings: [Double] = []
}

/// The least time that a step of one replica can take: of each stage its own work, behind the first micro-batch's way to it
/// and before the last gradient's way back. What waits for other replicas is left out, so that no clock is faster.
struct StepBound {
    var schedule: Layout.Schedule
    var microbatches: Int
    /// Micro-batches of a round at whose end a lane closes; 0 where lanes are not strided.
    var microbatchesPerRound: Int
    /// By stage, then chunk.
    var chunks: [[ChunkCosts]]
    var tails: [TailCosts]

    private var stages: Int { chunks.count }
    private var perStage: Int { chunks[0].count }

    func closes(_ microbatch: Int) -> Bool {
        microbatchesPerRound > 0 && microbatch % microbatchesPerRound == microbatchesPerRound - 1
    }

    /// Rounding must not lift the bound over what a clock says.
    private static let slack = 1 - 1e-9

    /// In closed form.
    var seconds: Double { Self.slack * finish(ends) }

    /// Over the stages' last backwards and what comes after them.
    private func finish(_ ends: [Double]) -> Double {
        var now = ends
        let meetings = tails.map(\.meetings.count).min() ?? 0
        for meeting in 0..<meetings {
            var (latest, seconds) = (0.0, 0.0)
            for stage in 0..<stages {
                latest = max(latest, now[stage] + tails[stage].stretches[meeting])
                seconds = max(seconds, tails[stage].meetings[meeting])
            }
            for stage in 0..<stages { now[stage] = latest + seconds }
        }
        var last = 0.0
        for stage in 0..<stages {
            last = max(last, now[stage] + tails[stage].stretches[meetings...].reduce(0, +))
        }
        return last
    }

    /// The earliest ends of the stages' last backwards.
    private var ends: [Double] {
        var ends = Array(repeating: 0.0, count: stages)
        var arrival = 0.0
        for stage in 0..<stages {
            let first = chunks[stage][0]
            ends[stage] = max(arrival + work(stage), arrival + roundTrips(stage))
            arrival += (stage > 0 ? first.receiveActivation : 0) + first.forward + first.activation.seconds
        }
        // The last backward of each stage comes after that of the next one.
        for stage in (0..<stages).dropLast().reversed() {
            let (mine, next) = (chunks[stage][0], chunks[stage + 1][0])
            let isClosing = microbatchesPerRound > 0
            let behind =
                isClosing ? next.closing - next.closingBeforeSend : next.backward - next.backwardBeforeSend
            let sent = ends[stage + 1] - behind
            let own = mine.receiveGradient + (isClosing ? mine.closing : mine.backward)
            ends[stage] = max(ends[stage], sent + next.gradient.seconds + own)
        }
        return ends
    }

    /// All that a stage does for its micro-batches.
    private func work(_ stage: Int) -> Double {
        let closings = microbatchesPerRound > 0 ? microbatches / microbatchesPerRound : 0
        var seconds = 0.0
        for (index, chunk) in chunks[stage].enumerated() {
            let isFirst = stage == 0 && index == 0
            let isLast = stage == stages - 1 && index == perStage - 1
            let received = (isFirst ? 0 : chunk.receiveActivation) + (isLast ? 0 : chunk.receiveGradient)
            seconds += Double(microbatches) * (chunk.forward + received)
            seconds += Double(microbatches - closings) * chunk.backward + Double(closings) * chunk.closing
        }
        return seconds
    }

    /// In 1F1B a stage holds at most so many micro-batches as there are stages from it on, and takes the next only when
    /// one of them has come back.
    private func roundTrips(_ stage: Int) -> Double {
        guard schedule == .oneForwardOneBackward, stages > 1 else { return 0 }
        let held = stages - stage
        let returns = (microbatches - 1) / held
        let left = microbatches - 1 - returns * held
        let own = chunks[stage][0]
        return Double(returns + 1) * roundTrip[stage] + Double(left) * min(own.backward, own.closing)
    }

    /// From the start of a stage's forward to the end of the same micro-batch's backward, by stage.
    private let roundTrip: [Double]

    init(
        schedule: Layout.Schedule, microbatches: Int, microbatchesPerRound: Int, chunks: [[ChunkCosts]],
        tails: [TailCosts]
    ) {
        self.schedule = schedule
        self.microbatches = microbatches
        self.microbatchesPerRound = microbatchesPerRound
        self.chunks = chunks
        self.tails = tails
        roundTrip = schedule == .oneForwardOneBackward ? Self.roundTrips(chunks) : []
    }

    private static func roundTrips(_ chunks: [[ChunkCosts]]) -> [Double] {
        var trips = Array(repeating: 0.0, count: chunks.count)
        // From a stage's activation leaving to its gradient coming.
        var away = 0.0
        for stage in chunks.indices.reversed() {
            let own = chunks[stage][0]
            let isLast = stage == chunks.count - 1
            trips[stage] =
                own.forward + (isLast ? 0 : away + own.receiveGradient) + min(own.backward, own.closing)
            guard stage > 0 else { break }
            let before = chunks[stage - 1][0]
            let backward = min(own.backwardBeforeSend, own.closingBeforeSend)
            away =
                before.activation.seconds + own.receiveActivation + own.forward
                + (isLast ? 0 : away + own.receiveGradient) + backward + own.gradient.seconds
        }
        return trips
    }
}

extension StepBound {
    /// The same by playing the schedule: at least as close to the clock's time.
    func played() -> Double {
        var play = PipelinePlay(self)
        play.run()
        return max(seconds, Self.slack * finish(play.ends))
    }
}
