import Recipes
import Testing

@testable import Programs

@Suite("Schedules") struct ScheduleTests {
    typealias Actions = [ScheduleAction]

    static func schedule(_ kind: Layout.Schedule, _ stage: Int, _ stages: Int, _ microbatches: Int) -> Actions {
        Schedule.actions(kind, stage: stage, stages: stages, microbatches: microbatches)
    }

    /// Runs a body for every schedule of every stage of up to 6, with up to 8 micro-batches.
    static func withEvery(
        _ kind: Layout.Schedule, _ body: (_ stage: Int, _ stages: Int, _ microbatches: Int, Actions) -> Void
    ) {
        for stages in 1...6 {
            for microbatches in 1...8 {
                for stage in 0..<stages {
                    body(stage, stages, microbatches, schedule(kind, stage, stages, microbatches))
                }
            }
        }
    }

    @Test(
        "Each micro-batch goes forward once, then backward once; backwards ascend", arguments: Layout.Schedule.allCases)
    func order(kind: Layout.Schedule) {
        Self.withEvery(kind) { stage, stages, microbatches, actions in
            let backwards = actions.compactMap { if case .backward(let m) = $0 { m } else { nil } }
            let forwards = actions.compactMap { if case .forward(let m) = $0 { m } else { nil } }
            #expect(backwards == Array(0..<microbatches))
            #expect(forwards == Array(0..<microbatches))
            for m in 0..<microbatches {
                let forward = actions.firstIndex(of: .forward(microbatch: m)) ?? actions.count
                let backward = actions.firstIndex(of: .backward(microbatch: m)) ?? -1
                #expect(forward < backward, "stage \(stage) of \(stages), micro-batch \(m)")
            }
            #expect(actions.suffix(2) == [.reduceGradients, .optimizerStep])
        }
    }

    @Test("The most micro-batches between forward and backward is inFlight", arguments: Layout.Schedule.allCases)
    func inFlight(kind: Layout.Schedule) {
        Self.withEvery(kind) { stage, stages, microbatches, actions in
            var (now, most) = (0, 0)
            for action in actions {
                switch action {
                case .forward: now += 1
                case .backward: now -= 1
                default: break
                }
                most = max(most, now)
            }
            let said = Schedule.inFlight(kind, stage: stage, stages: stages, microbatches: microbatches)
            #expect(most == said, "stage \(stage) of \(stages), \(microbatches) micro-batches")
        }
    }

    @Test(
        "A receive comes right before the pass that needs it, a send right after", arguments: Layout.Schedule.allCases)
    func transfersSurroundPasses(kind: Layout.Schedule) {
        Self.withEvery(kind) { stage, stages, microbatches, actions in
            for (i, action) in actions.enumerated() {
                switch action {
                case .receiveActivation(let m): #expect(stage > 0 && actions[i + 1] == .forward(microbatch: m))
                case .sendActivation(let m): #expect(stage < stages - 1 && actions[i - 1] == .forward(microbatch: m))
                case .receiveGradient(let m): #expect(stage < stages - 1 && actions[i + 1] == .backward(microbatch: m))
                case .sendGradient(let m): #expect(stage > 0 && actions[i - 1] == .backward(microbatch: m))
                default: break
                }
            }
            let transfers = (stage > 0 ? 2 : 0) + (stage < stages - 1 ? 2 : 0)
            #expect(actions.count == (2 + transfers) * microbatches + 2)
        }
    }

    @Test("What a stage sends, its neighbour receives, in the same order", arguments: Layout.Schedule.allCases)
    func sendsMatchReceives(kind: Layout.Schedule) {
        Self.withEvery(kind) { stage, stages, microbatches, actions in
            guard stage + 1 < stages else { return }
            let next = Self.schedule(kind, stage + 1, stages, microbatches)
            let sent = actions.compactMap { if case .sendActivation(let m) = $0 { m } else { nil } }
            let received = next.compactMap { if case .receiveActivation(let m) = $0 { m } else { nil } }
            #expect(sent == received)
            let sentBack = next.compactMap { if case .sendGradient(let m) = $0 { m } else { nil } }
            let receivedBack = actions.compactMap { if case .receiveGradient(let m) = $0 { m } else { nil } }
            #expect(sentBack == receivedBack)
            #expect(sent.count == microbatches && sentBack.count == microbatches)
        }
    }

    @Test("1F1B on the second of three stages with four micro-batches, written out")
    func example() {
        let actions = Self.schedule(.oneForwardOneBackward, 1, 3, 4).filter {
            switch $0 {
            case .forward, .backward: true
            default: false
            }
        }
        #expect(
            actions == [
                .forward(microbatch: 0), .forward(microbatch: 1), .backward(microbatch: 0), .forward(microbatch: 2),
                .backward(microbatch: 1), .forward(microbatch: 3), .backward(microbatch: 2), .backward(microbatch: 3),
            ])
    }

    @Test("Evaluation goes forward only, with the transfers of its stage")
    func evaluation() {
        #expect(
            Schedule.evaluation(stage: 1, stages: 3, microbatches: 2) == [
                .receiveActivation(microbatch: 0), .forward(microbatch: 0), .sendActivation(microbatch: 0),
                .receiveActivation(microbatch: 1), .forward(microbatch: 1), .sendActivation(microbatch: 1),
            ])
        #expect(Schedule.evaluation(stage: 0, stages: 1, microbatches: 1) == [.forward(microbatch: 0)])
    }
}
