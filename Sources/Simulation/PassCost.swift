import Programs
import Recipes

/// What a pass takes on a rank that waits for no other: no clock plays it faster.
public struct PassCost: Sendable, Equatable {
    /// The compute stream's instructions, the collectives among them included.
    public var computeSeconds = 0.0
    /// The communication stream's collectives.
    public var streamSeconds = 0.0
    /// Whether the pass sends a message; the compute stream's time before that leaves, and both streams'.
    public var sends = false
    public var secondsBeforeSend = 0.0
    public var aloneBeforeSend = 0.0
    /// How long the message keeps its link busy, and when it arrives after that.
    public var linkSeconds = 0.0
    public var latencySeconds = 0.0
    /// Both streams, with the waits of one for the other, between meetings of a whole replica; one more than there are of
    /// these.
    public var stretches: [Double] = [0]
    /// What those meetings take.
    public var meetingSeconds: [Double] = []

    /// The pass as a rank plays it that is alone.
    public var aloneSeconds: Double { stretches.reduce(0, +) + meetingSeconds.reduce(0, +) }

    init(_ pass: TimedPass) {
        var (now, streamFree) = (0.0, 0.0)
        var ends: [Double] = []
        for step in pass.steps {
            switch step {
            case .run(let busy, let exposed):
                now += busy + exposed
                computeSeconds += busy + exposed
            case .send(_, let link, let latency):
                (linkSeconds, latencySeconds, sends) = (link, latency, true)
                (secondsBeforeSend, aloneBeforeSend) = (computeSeconds, now)
            case .receive: break
            case .meet(let group, let seconds) where group == .replica:
                stretches[stretches.count - 1] = now
                stretches.append(0)
                meetingSeconds.append(seconds)
                computeSeconds += seconds
                (now, streamFree, ends) = (0, 0, ends.map { _ in 0 })
            case .meet(_, let seconds):
                now += seconds
                computeSeconds += seconds
            case .issue(_, let seconds):
                streamFree = max(streamFree, now) + seconds
                streamSeconds += seconds
                ends.append(streamFree)
            case .await(let count): now = max(now, ends[count - 1])
            }
        }
        stretches[stretches.count - 1] = now
    }
}

/// Everything about where a rank sits that can decide what its passes take.
public struct RankPlace: Hashable, Sendable {
    private var views: [RankView]

    init(_ views: [RankView]) { self.views = views }
}

extension VirtualClock {
    /// Where a rank of the clock's layout sits.
    public func place(of rank: Int) -> RankPlace { RankPlace(views.all(from: rank)) }

    /// What each pass of a program takes if a rank of the clock's layout runs it; the program may be that of another layout
    /// with the same groups.
    public func costs(of program: Program, at rank: Int) -> [PassCost] {
        var meets = Array(repeating: false, count: Group.allCases.count)
        meets[Group.replica.index] = layout.pipeline > 1
        let place = TimedPass.Place(rank: rank, views: views, meets: meets)
        return program.passes.map { PassCost(TimedPass($0, of: program, at: place, costs)) }
    }
}
