import Diagnostics
import Foundation

/// What a scenario must know of a run: how many ranks, nodes and steps there are to hit.
public struct RunShape: Sendable, Equatable {
    public var ranks: Int
    public var ranksPerNode: Int
    public var steps: Int
    /// Steps that were done before the run goes on; what is planned for them is past.
    public var stepsDone: Int
    /// Virtual seconds of a step.
    public var stepSeconds: Double
    /// Steps between evaluations, which follow the last step in any case; 0 for only there.
    public var evaluationEvery: Int
    /// Instructions that each rank runs at least in a step, and in an evaluation; empty where nobody has counted them.
    public var instructions: [Int] = []
    public var evaluationInstructions: [Int] = []
    /// How often a node is lost and a run hangs, per node and hour; `nil` where the profile does not tell.
    public var crashesPerNodeHour: Double?
    public var hangsPerNodeHour: Double?
    /// Virtual seconds between a job that fails and the next.
    public var restartSeconds: Double

    public init(
        ranks: Int, ranksPerNode: Int, steps: Int, stepsDone: Int = 0, stepSeconds: Double, evaluationEvery: Int = 0,
        crashesPerNodeHour: Double? = nil, hangsPerNodeHour: Double? = nil, restartSeconds: Double = 0
    ) {
        (self.ranks, self.ranksPerNode, self.steps, self.stepsDone) = (ranks, ranksPerNode, steps, stepsDone)
        self.stepSeconds = stepSeconds
        self.evaluationEvery = evaluationEvery
        (self.crashesPerNodeHour, self.hangsPerNodeHour) = (crashesPerNodeHour, hangsPerNodeHour)
        self.restartSeconds = restartSeconds
    }

    /// The last virtual second that an event may name: with slow steps, and with a restart for each step.
    var lastSecond: Double { Double(steps - stepsDone) * (10 * stepSeconds + restartSeconds) }

    public var nodes: Int { (ranks + ranksPerNode - 1) / ranksPerNode }

    /// Whether the run evaluates after a step.
    public func evaluates(after step: Int) -> Bool {
        step == steps || evaluationEvery > 0 && step % evaluationEvery == 0
    }

    /// The steps still to come that are evaluated.
    public var evaluatedSteps: [Int] { (stepsDone + 1..<max(steps, stepsDone) + 1).filter(evaluates) }

    /// How many instructions there are to hit for an event: those of its rank, or of the rank of its node that has most.
    func instructions(for event: FaultEvent) -> Int {
        let counts = event.phase == .evaluation ? evaluationInstructions : instructions
        let ranks =
            switch event.kind {
            case .leadLoss: 0..<1
            case .nodeLoss: (event.node ?? 0) * ranksPerNode..<((event.node ?? 0) + 1) * ranksPerNode
            default: (event.rank ?? 0)..<(event.rank ?? 0) + 1
            }
        return ranks.clamped(to: counts.indices).map { counts[$0] }.max() ?? 1
    }
}

extension Scenario {
    /// Throws where an event does not fit the run: a rank or node that it does not have, a moment that is past or comes
    /// after the end.
    public func check(against shape: RunShape) throws(Diagnostic) {
        try checkProfileRates(shape)
        for event in events {
            func refusal(_ code: String, _ key: String, _ message: String, _ expected: String, _ found: String)
                -> Diagnostic
            {
                Diagnostic(
                    "scenario.\(code)", "\(event.kind.rawValue): \(message)",
                    at: event.origin.location(key), expected: expected, found: found,
                    remedy: "change the event, or the layout or length of the run")
            }
            if let rank = event.rank, rank >= shape.ranks {
                throw refusal("rank", "rank", "the run has no such rank", "a rank below \(shape.ranks)", "\(rank)")
            }
            if let node = event.node, node >= shape.nodes {
                let nodes = shape.nodes == 1 ? "node 0, the only one" : "a node below \(shape.nodes)"
                throw refusal("node", "node", "the run has no such node", nodes, "\(node)")
            }
            switch event.moment {
            case .step(let step) where event.phase == .evaluation && !shape.evaluates(after: step):
                let every = shape.evaluationEvery
                throw Diagnostic(
                    "scenario.evaluation", "\(event.kind.rawValue): the run does not evaluate after step \(step)",
                    at: event.origin.location("in"),
                    expected: every > 0
                        ? "a multiple of \(every), or the last step, \(shape.steps)" : "the last step, \(shape.steps)",
                    found: "step \(step)",
                    remedy: "name another step, or set evaluation.every_steps, such as to \(step)")
            case .step(let step) where step <= shape.stepsDone:
                throw refusal(
                    "past", "step", "the moment is past", "a step after \(shape.stepsDone)", "\(step)")
            case .step(let step) where step > shape.steps:
                throw refusal(
                    "late", "step", "the run ends before it", "a step up to \(shape.steps)", "\(step)")
            case .seconds(let seconds) where seconds > shape.lastSecond:
                throw refusal(
                    "late", "seconds", "the run ends long before it", "at most about \(shape.lastSecond.rounded()) s",
                    "\(seconds)")
            default: break
            }
        }
    }

    private func checkProfileRates(_ shape: RunShape) throws(Diagnostic) {
        guard let profileRates else { return }
        let rates = profileRates.perStep(shape)
        guard !rates.isEmpty else {
            throw Diagnostic(
                "scenario.profile-rates", "the cluster's profile does not say how often its nodes fail",
                at: origin.location("profile_rates"), expected: "a profile with a section reliability",
                remedy: "name another cluster, or write rates")
        }
        if let often = rates.first(where: { $0.mean > 1 }) {
            throw Diagnostic(
                "scenario.profile-rates", "a step would bring more than one \(often.kind.rawValue)",
                at: origin.location("profile_rates.hours_per_step"),
                expected:
                    "at most about \(String(format: "%.3g", profileRates.hoursPerStep / often.mean)) hours",
                found: "\(profileRates.hoursPerStep)", remedy: "let a step stand for less, or the run for fewer nodes")
        }
    }
}
