import Diagnostics
import Recipes
import Scenarios
import Testing
import Training

@testable import Rehearsal

/// What befalls a run in the middle of an evaluation.
@Suite struct RehearsedEvaluationTests {
    private let rehearsal: Rehearsal

    init() throws { rehearsal = try NanoRehearsal.rehearsal() }

    private func report(_ event: FaultEvent) throws -> RehearsalReport {
        let report = try rehearsal.run(Scenario(name: "evaluation", events: [event]), seed: 5)
        #expect(report.problems == [] && report.missed == [], "\(event.flow): \(report.incidents)")
        #expect(report.ending == .finished(rehearsal.reference.digest), "\(event.flow)")
        return report
    }

    @Test("A hang is noticed, told with who waits for whom and where, and recovered from", arguments: [2, 4, 10])
    func hang(step: Int) throws {
        for rank in 0..<4 {
            var hang = FaultEvent(.hang, at: .step(step), in: .evaluation)
            (hang.rank, hang.instruction) = (rank, 3)
            let report = try report(hang)
            #expect(report.jobs == 2)
            let cause = try #require(report.causes.first)
            #expect(cause.code == "rehearsal.hang" && cause.message.contains("in the evaluation after step \(step): "))
            #expect(cause.message.contains("waits for rank \(rank)"), "\(cause)")
        }
    }

    @Test("A crash or a lost node leaves what was saved before, or is being saved", arguments: [2, 4, 10])
    func crash(step: Int) throws {
        for kind in [FaultKind.rankCrash, .nodeLoss, .leadLoss] {
            var crash = FaultEvent(kind, at: .step(step), in: .evaluation)
            if kind == .rankCrash { crash.rank = 2 }
            if kind == .nodeLoss { crash.node = 1 }
            crash.instruction = 7
            let report = try report(crash)
            #expect(report.jobs == 2 && report.lostSteps <= 2)
            if kind != .nodeLoss {
                #expect(report.incidents.contains { $0.contains("in the evaluation after step \(step), pass ") })
            }
        }
    }

    @Test("A message is lost, altered, doubled or late, and comes nevertheless")
    func messages() throws {
        for kind in [FaultKind.messageLost, .messageFlip, .messageDuplicated, .messageDelayed] {
            var event = FaultEvent(kind, at: .step(4), in: .evaluation)
            event.message = 2
            let report = try report(event)
            #expect(report.jobs == 1)
            #expect(report.incidents.contains { $0.contains(" in the evaluation after step 4") }, "\(report.incidents)")
        }
        var lost = FaultEvent(.messageLost, at: .step(4), in: .evaluation)
        (lost.message, lost.times) = (2, 20)
        let report = try report(lost)
        #expect(report.jobs > 1 && report.causes.contains { $0.message.contains("7 retries in vain") })
    }

    @Test("A slow accelerator makes an evaluation slower, and not other")
    func slowness() throws {
        let sound = Stopwatch()
        _ = try rehearsal.run(Scenario(name: "none", events: []), seed: 0, follower: sound)
        var slow = FaultEvent(.slowAccelerator, at: .step(4))
        (slow.rank, slow.factor, slow.steps) = (1, 8, 3)
        let stopwatch = Stopwatch()
        let report = try rehearsal.run(Scenario(name: "slow", events: [slow]), seed: 0, follower: stopwatch)
        #expect(report.problems == [])
        #expect(try #require(sound.seconds[4]) > 0)
        #expect(try #require(stopwatch.seconds[4]) > 2 * #require(sound.seconds[4]))
        #expect(stopwatch.seconds[2] == sound.seconds[2])
    }

    @Test("An evaluation that the run does not have is refused, with those that it has")
    func refused() throws {
        let scenario = try Scenario.parse("name: a\nevents:\n  - {kind: hang, step: 3, in: evaluation, rank: 0}")
        let diagnostic = try #require(throws: Diagnostic.self) { _ = try rehearsal.run(scenario, seed: 0) }
        #expect(diagnostic.code == "scenario.evaluation" && diagnostic.found == "step 3")
        #expect(diagnostic.expected == "a multiple of 2, or the last step, 10")
        #expect(diagnostic.remedy?.contains("evaluation.every_steps") == true)
    }
}

/// How long the evaluations of a rehearsed run take, by step, in virtual seconds.
private final class Stopwatch: RehearsalFollower {
    private(set) var seconds: [Int: Double] = [:]
    private var step = 0.0

    func begin(job: Int, _ trainer: Trainer, on disk: RehearsedDisk) throws(Diagnostic) {}
    func observe(_ event: TrainingEvent, virtualSeconds: Double) throws(Diagnostic) {
        // Both since the step began.
        if case .step = event { step = virtualSeconds }
        if case .evaluation(let number, _) = event { seconds[number] = virtualSeconds - step }
    }
    func observe(_ incident: RehearsedIncident) throws(Diagnostic) {}
    func end(_ end: JobEnd) throws(Diagnostic) {}
}
