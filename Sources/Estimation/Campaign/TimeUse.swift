import Simulation

/// What the accelerators of a job do for some time, on average over them: the four kinds add up to the seconds.
struct TimeUse: Sendable, Equatable {
    var computing = 0.0
    /// Nothing to do but wait for bytes that are on their way.
    var communicating = 0.0
    /// Waiting for another rank, or for a file.
    var waiting = 0.0
    /// No process uses the accelerators.
    var idle = 0.0

    var seconds: Double { computing + communicating + waiting + idle }

    init(computing: Double = 0, communicating: Double = 0, waiting: Double = 0, idle: Double = 0) {
        self.computing = computing
        self.communicating = communicating
        self.waiting = waiting
        self.idle = idle
    }

    /// The mean over the ranks of a step.
    init(_ step: StepTiming) {
        var ranks = 0.0
        for rank in step.ranks {
            let weight = Double(rank.standsFor)
            ranks += weight
            computing += weight * rank.share.busySeconds
            communicating += weight * rank.share.exposedCommunicationSeconds
            waiting += weight * rank.share.bubbleSeconds
        }
        guard ranks > 0 else { return }
        self = self * (1 / ranks)
    }

    static func + (a: TimeUse, b: TimeUse) -> TimeUse {
        TimeUse(
            computing: a.computing + b.computing, communicating: a.communicating + b.communicating,
            waiting: a.waiting + b.waiting, idle: a.idle + b.idle)
    }

    static func * (a: TimeUse, factor: Double) -> TimeUse {
        TimeUse(
            computing: factor * a.computing, communicating: factor * a.communicating, waiting: factor * a.waiting,
            idle: factor * a.idle)
    }
}
