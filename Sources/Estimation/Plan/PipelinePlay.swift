import Programs
import Recipes

/// One replica's schedule, played with passes that each take a known time: messages leave a link one after the other, and
/// whoever needs one waits for it.
struct PipelinePlay {
    private let bound: StepBound
    private let orders: [Schedule.Order]
    private var stages: [Stage]
    /// Messages on their way to each stage, in the order in which they were sent.
    private var activations: [Queue]
    private var gradients: [Queue]
    private var runnable: [Int]

    private struct Stage {
        var now = 0.0
        var place = 0
        /// When the last message to the next and to the previous stage has left the link.
        var nextFree = 0.0
        var previousFree = 0.0
        var waits = false
    }

    private struct Queue {
        var arrivals: [Double] = []
        var taken = 0
    }

    init(_ bound: StepBound) {
        self.bound = bound
        let count = bound.chunks.count
        orders = (0..<count).map {
            Schedule.Order(
                bound.schedule, stage: $0, stages: count, microbatches: bound.microbatches,
                chunks: bound.chunks[$0].count)
        }
        stages = Array(repeating: Stage(), count: count)
        activations = Array(repeating: Queue(), count: count)
        gradients = activations
        runnable = Array((0..<count).reversed())
    }

    /// When each stage ends its last backward.
    var ends: [Double] { stages.map(\.now) }

    mutating func run() {
        while let stage = runnable.popLast() { advance(stage) }
    }

    /// Plays a stage until it waits for a message or has nothing left to do.
    private mutating func advance(_ stage: Int) {
        let order = orders[stage]
        while stages[stage].place < order.count {
            let half = order[stages[stage].place]
            guard half.isForward ? forward(half, stage) : backward(half, stage) else {
                stages[stage].waits = true
                return
            }
            stages[stage].place += 1
        }
    }

    private mutating func forward(_ half: Schedule.Half, _ stage: Int) -> Bool {
        let chunk = bound.chunks[stage][half.chunk]
        if stage > 0 || half.chunk > 0 {
            guard let arrival = Self.take(&activations[stage]) else { return false }
            stages[stage].now = max(stages[stage].now, arrival) + chunk.receiveActivation
        }
        stages[stage].now += chunk.forward
        if stage < stages.count - 1 || half.chunk < bound.chunks[stage].count - 1 {
            let left = max(stages[stage].now, stages[stage].nextFree) + chunk.activation.linkSeconds
            stages[stage].nextFree = left
            let target = (stage + 1) % stages.count
            activations[target].arrivals.append(left + chunk.activation.latencySeconds)
            wake(target)
        }
        return true
    }

    private mutating func backward(_ half: Schedule.Half, _ stage: Int) -> Bool {
        let chunk = bound.chunks[stage][half.chunk]
        if stage < stages.count - 1 || half.chunk < bound.chunks[stage].count - 1 {
            guard let arrival = Self.take(&gradients[stage]) else { return false }
            stages[stage].now = max(stages[stage].now, arrival) + chunk.receiveGradient
        }
        let isClosing = bound.closes(half.microbatch)
        let sent = stages[stage].now + (isClosing ? chunk.closingBeforeSend : chunk.backwardBeforeSend)
        stages[stage].now += isClosing ? chunk.closing : chunk.backward
        if stage > 0 || half.chunk > 0 {
            let left = max(sent, stages[stage].previousFree) + chunk.gradient.linkSeconds
            stages[stage].previousFree = left
            let target = (stage + stages.count - 1) % stages.count
            gradients[target].arrivals.append(left + chunk.gradient.latencySeconds)
            wake(target)
        }
        return true
    }

    private static func take(_ queue: inout Queue) -> Double? {
        guard queue.taken < queue.arrivals.count else { return nil }
        queue.taken += 1
        return queue.arrivals[queue.taken - 1]
    }

    private mutating func wake(_ stage: Int) {
        guard stages[stage].waits else { return }
        stages[stage].waits = false
        runnable.append(stage)
    }
}
