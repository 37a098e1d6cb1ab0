import Programs
import Recipes

/// Where the virtual time of one optimiser step went.
public struct StepTiming: Sendable, Equatable {
    /// From the step's start to the end of the last rank.
    public var seconds: Double
    /// The simulated ranks, in rank order.
    public var ranks: [RankTiming]
    /// The pipeline's stages, each the mean of its ranks.
    public var stages: [StageTiming]

    /// How one rank spent the step: busy + exposed communication + bubble = the step's seconds.
    public struct RankTiming: Sendable, Equatable {
        public var rank: Int
        public var coordinate: Coordinate
        /// Ranks that this one stands for, itself included.
        public var standsFor: Int
        public var share: TimeShare
        /// What each pass of the program takes if nothing is waited for, in the program's order.
        public var passes: [PassTiming]
        /// When each action ran, in order; empty unless asked for.
        public var spans: [Span]
    }

    public struct StageTiming: Sendable, Equatable {
        public var stage: Int
        public var share: TimeShare
    }

    /// Three ways to spend time.
    public struct TimeShare: Sendable, Equatable {
        /// Computing.
        public var busySeconds = 0.0
        /// Nothing to do but wait for bytes that are on their way, or take part in a collective.
        public var exposedCommunicationSeconds = 0.0
        /// Waiting for another rank to get there, the wait for the step's end included.
        public var bubbleSeconds = 0.0
    }

    /// An action's place in virtual time, from the step's start.
    public struct Span: Sendable, Equatable {
        /// Index into the program's actions.
        public var action: Int
        public var start: Double
        public var end: Double
    }

    /// Share of the step that is bubble, over all ranks, 0 to 1: (p − 1)/(m + p − 1) for m micro-batches on p equal stages
    /// with free communication.
    public var bubbleFraction: Double {
        let (bubble, other) = bubbleAndOtherSeconds
        return bubble > 0 ? bubble / (bubble + other) : 0
    }

    /// Bubble time over all other time, over all ranks: (p − 1)/m where ``bubbleFraction`` is (p − 1)/(m + p − 1), which is
    /// how Narayanan et al. 2021, section 2.2, count; more than 1 where stages outnumber micro-batches.
    public var bubbleOverhead: Double {
        let (bubble, other) = bubbleAndOtherSeconds
        return other > 0 ? bubble / other : 0
    }

    private var bubbleAndOtherSeconds: (bubble: Double, other: Double) {
        var (bubble, other) = (0.0, 0.0)
        for rank in ranks {
            let weight = Double(rank.standsFor)
            bubble += weight * rank.share.bubbleSeconds
            other += weight * (rank.share.busySeconds + rank.share.exposedCommunicationSeconds)
        }
        return (bubble, other)
    }
}

/// What a pass takes if nothing is waited for.
public struct PassTiming: Sendable, Equatable {
    public var name: String
    /// Of each instruction, in order.
    public var instructionSeconds: [Double]
    /// Instructions that compute.
    public var busySeconds: Double
    /// Instructions that communicate.
    public var communicationSeconds: Double
}
