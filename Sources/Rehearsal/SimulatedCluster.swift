import Diagnostics
import Randomness
import Scenarios

/// The state of the machine that a rehearsed run is on: virtual time, and what of the scenario is still to come.
///
/// Disk, network and instructions ask it what befalls them. One thread uses it: a rehearsed run is one after the other.
final class SimulatedCluster: @unchecked Sendable {
    /// Virtual seconds since the first job began.
    private(set) var now = 0.0
    /// The step that is being computed, or was last.
    private(set) var step = 0
    /// Whether that step is computed, or the state after it evaluated.
    private(set) var phase = FaultEvent.Phase.step
    /// Why the job is over; from then on nothing works until the next one.
    private(set) var death: Death?
    /// The rank that has stopped without a word.
    private(set) var hung: Int?
    /// How far the lead's clock is ahead.
    private(set) var clockSkew = 0.0
    /// When the batch system takes the nodes back, and when it has said so.
    private(set) var preemption: (signalled: Double, end: Double)?
    /// The kinds of fault that have come to pass in this job.
    private(set) var befallen: Set<FaultKind> = []
    /// Whether a fault has changed what later jobs may find: a number in memory or a bit of a file.
    private(set) var hasAltered = false
    /// What has happened so far, for people.
    private(set) var incidents: [RehearsedIncident] = []
    /// When the step began.
    private(set) var stepBegan = 0.0
    private var events: [Planned]
    private var draws: RandomDraws
    let links: LinkTimes
    /// What goes on beside training.
    private(set) lazy var background = SimulatedBackground(self)

    /// Why a job is over.
    struct Death {
        var diagnostic: Diagnostic
        /// Whether what was not flushed is lost with the node.
        var losesMemory: Bool
    }

    /// How a lost message is noticed and sent again: InfiniBand's reliable connection retries seven times, then the
    /// connection is in error.
    struct LinkTimes: Sendable {
        var retrySeconds = 0.0
        var retries = 7
        var ranksPerNode: Int
    }

    /// An event that has not happened yet, or not as often as it will.
    final class Planned {
        let event: FaultEvent
        var left: Int
        /// Counts down to the operation or message that it hits; `nil` before its step.
        var countdown: Int?

        /// The execution of a step in which it happened last.
        var lastExecution = 0
        /// When something that lasts for a time is over; `nil` before it began.
        var end: Double?

        /// How often it has happened.
        var timesSoFar: Int { (event.times ?? 1) - left }

        /// Whether what lasts for some steps has begun to.
        var hasLasted: Bool {
            [.slowAccelerator, .degradedLink, .slowStorage].contains(event.kind) && (countdown ?? 0) > 0
        }

        init(_ event: FaultEvent) {
            self.event = event
            left = event.times ?? 1
        }
    }

    init(_ scenario: Scenario, seed: UInt64, links: LinkTimes) {
        events = scenario.events.map(Planned.init)
        draws = RandomDraws(seed: seed, purpose: 0x434C_5553, stream: 0)
        self.links = links
    }

    func draw(below bound: Int) -> Int { bound <= 1 ? 0 : draws.below(bound) }

    // MARK: Time

    func advance(_ seconds: Double) { advance(to: now + max(seconds, 0)) }

    /// Goes on to a moment; what is done in the background by then is done.
    func advance(to time: Double) {
        pass(to: time)
        background.catchUp(to: now)
    }

    /// Goes on to a moment, whatever the background may have to do until then.
    func pass(to time: Double) { now = max(now, time) }

    /// Lets the time of an operation pass for whoever does it: all, or the work in the background alone.
    func spend(_ seconds: Double) {
        if background.isAtWork { background.sleep(seconds) } else { advance(seconds) }
    }

    /// A new job begins on sound nodes.
    func beginJob() {
        death = nil
        hung = nil
        preemption = nil
        clockSkew = 0
        befallen = []
        phase = .step
    }

    /// A step begins that will take `seconds`: what happens at a time in it happens in it.
    func begin(step: Int, seconds: Double) {
        (self.step, phase) = (step, .step)
        stepBegan = now
        for planned in events where planned.left > 0 {
            if case .seconds(let time) = planned.event.moment, time <= now + seconds { start(planned) }
            if case .step(step) = planned.event.moment { start(planned) }
        }
    }

    /// The state after a step is evaluated; whether this evaluation begins now.
    func beginEvaluation(after step: Int) -> Bool {
        guard phase != .evaluation || self.step != step else { return false }
        (self.step, phase) = (step, .evaluation)
        for planned in events where planned.left > 0 && planned.event.phase == .evaluation {
            switch planned.event.moment {
            case .step(step): start(planned)
            case .seconds(let time) where time <= now: start(planned)
            default: break
            }
        }
        return true
    }

    /// An evaluation is over, which took `seconds`.
    func endEvaluation(seconds: Double) {
        advance(seconds)
        phase = .step
    }

    /// Whether the run is where an event strikes that has begun; one that begins at a time strikes from then on.
    func isTime(of event: FaultEvent) -> Bool {
        guard event.phase ?? .step == phase else { return false }
        return if case .step(let own) = event.moment { own == step } else { true }
    }

    /// The evaluation at hand, for people; `nil` in a step.
    var evaluationWords: String? { phase == .evaluation ? "the evaluation after step \(step)" : nil }

    /// The faults that have begun.
    private func start(_ planned: Planned) {
        guard planned.countdown == nil else { return }
        planned.countdown = planned.event.operation ?? planned.event.message ?? planned.event.instruction ?? 0
        switch planned.event.kind {
        case .preemption:
            let grace = planned.event.grace ?? 0
            preemption = (now, now + grace)
            happened(planned, "the batch system wants the nodes back in \(text(grace)) s")
        case .clockSkew:
            clockSkew += planned.event.delay ?? 0
            happened(planned, "the lead's clock jumps by \(text(planned.event.delay ?? 0)) s")
        default: break
        }
    }

    /// Events whose moment or place never came, such as an instruction that the rank does not have.
    var missed: [FaultEvent] {
        events.filter { $0.timesSoFar == 0 && $0.end == nil && !$0.hasLasted }.map(\.event)
    }

    /// A job has come to its time limit, which each has; it is told the first time.
    func reachTimeLimit() {
        befalls(.timeLimit)
        for planned in events where planned.event.kind == .timeLimit && planned.left > 0 {
            happened(planned, "the job's time is up")
        }
    }

    // MARK: What befalls whom

    /// Faults of some kinds that have begun and are not over.
    func active(_ kinds: FaultKind...) -> [Planned] { active(kinds) }

    func active(_ kinds: [FaultKind]) -> [Planned] {
        events.filter { $0.left > 0 && $0.countdown != nil && kinds.contains($0.event.kind) }
    }

    /// Whether any fault of these kinds is still to come or going on.
    func mayHit(_ kinds: Set<FaultKind>) -> Bool { events.contains { $0.left > 0 && kinds.contains($0.event.kind) } }

    /// Whether any of these kinds may befall an instruction of a step.
    func mayHit(_ kinds: Set<FaultKind>, inStep step: Int) -> Bool {
        events.contains { planned in
            guard planned.left > 0, planned.event.operation == nil, kinds.contains(planned.event.kind),
                planned.event.phase ?? .step == phase
            else { return false }
            return switch planned.event.moment {
            case .step(let own): own == step
            case .seconds: planned.countdown != nil
            }
        }
    }

    /// Notes that a fault has come to pass, once of the times that it will.
    func happened(_ planned: Planned, _ text: String) {
        planned.left -= 1
        befalls(planned.event.kind)
        note("\(planned.event.kind.rawValue): \(text)")
    }

    /// Remembers that a fault of a kind has come to pass in this job.
    func befalls(_ kind: FaultKind) {
        befallen.insert(kind)
        hasAltered = hasAltered || [.bufferFlip, .nonFinite, .fileFlip].contains(kind)
    }

    func note(_ text: String, isEvent: Bool = false) {
        incidents.append(RehearsedIncident(seconds: now, step: step, text: text, isEvent: isEvent))
    }

    /// Whether a node's links are down, from the first message that they do not carry, for as many retries as the event says.
    func isDown(_ planned: Planned) -> Bool {
        let times = planned.event.times ?? 1
        let end = planned.end ?? now + (Double(times) - 0.5) * links.retrySeconds
        if planned.end == nil {
            planned.end = end
            note("flapping_link: the links of node \(planned.event.node ?? 0) are down for \(times) retries")
        }
        if now >= end { planned.left = 0 } else { befalls(.flappingLink) }
        return now < end
    }

    /// Ends the job, which will say why.
    func die(_ code: String, _ message: String, losingMemory: Bool = false, remedy: String? = nil) {
        guard death == nil else { return }
        death = Death(
            diagnostic: Diagnostic(
                "rehearsal.\(code)", message, remedy: remedy ?? "resume from the last checkpoint", kind: .failure),
            losesMemory: losingMemory)
    }

    /// A rank stops where it is.
    func hang(_ rank: Int) {
        hung = rank
        note("rank \(rank) stops without a word")
    }

    /// Throws when the job is over.
    func check() throws(Diagnostic) {
        if let death { throw death.diagnostic }
        if let preemption, now >= preemption.end {
            die("preempted", "the batch system has ended the job", losingMemory: false)
            if let death { throw death.diagnostic }
        }
    }

    func node(of rank: Int) -> Int { rank / links.ranksPerNode }

    func text(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000)" }
}
