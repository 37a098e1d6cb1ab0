import Diagnostics
import Recipes
import Scenarios
import Testing
import Training

@testable import Rehearsal

/// What befalls the disk while training goes on.
@Suite struct RehearsedBackgroundSaveTests {
    private let rehearsal: Rehearsal

    /// Nothing but steps comes while a checkpoint is written.
    init() throws { rehearsal = try NanoRehearsal.rehearsal(["evaluation.every_steps=0"]) }

    private func event(_ kind: FaultKind, step: Int = 2, operation: Int) -> FaultEvent {
        var event = FaultEvent(kind, at: .step(step))
        event.operation = operation
        if kind == .rankCrash { event.rank = 1 }
        if kind == .nodeLoss { event.node = 0 }
        return event
    }

    @Test("Checkpoints are written while steps go on, unless the recipe says otherwise")
    func goesOn() throws {
        #expect(rehearsal.savesInBackground)
        for savesInBackground in [true, false] {
            var rehearsal = rehearsal
            rehearsal.savesInBackground = savesInBackground
            let story = Story()
            let report = try rehearsal.run(Scenario(name: "none", events: []), seed: 0, follower: story)
            #expect(report.problems == [])
            let told = story.lines.firstIndex(of: "checkpoint 2")
            let next = story.lines.firstIndex(of: "step 3")
            #expect((try #require(told) > #require(next)) == savesInBackground, "\(story.lines)")
        }
    }

    @Test("A save that goes on beside training takes less of the run's time")
    func takesLessTime() throws {
        var waiting = rehearsal
        waiting.savesInBackground = false
        let none = Scenario(name: "none", events: [])
        #expect(try rehearsal.run(none, seed: 0).virtualSeconds < waiting.run(none, seed: 0).virtualSeconds)
    }

    @Test(
        "Whatever goes wrong with the disk in the middle of a save, the run recovers, the same way each time",
        arguments: [
            FaultKind.tornWrite, .shortWrite, .failedWrite, .fullDisk, .rankCrash, .nodeLoss, .leadLoss,
        ])
    func everyOperation(kind: FaultKind) throws {
        var background = 0
        // Most of them are writes.
        for operation in [0, 1, 2, 20, 80, 160, 320] {
            let scenario = Scenario(name: "disk", events: [event(kind, operation: operation)])
            let reports = try (0..<(operation == 80 ? 2 : 1)).map { _ in try rehearsal.run(scenario, seed: 3) }
            for report in reports {
                #expect(report.problems == [], "\(kind) \(operation): \(report.incidents)")
                #expect(report.ending == .finished(rehearsal.reference.digest), "\(kind) \(operation)")
            }
            let (one, other) = (reports[0], reports[reports.count - 1])
            #expect(one.incidents == other.incidents && one.jobs == other.jobs)
            #expect(one.virtualSeconds == other.virtualSeconds, "\(kind) \(operation)")
            // A job that has died in the middle of the save has done a step since: the next one does it again.
            if reports[0].lostSteps > 2 || kind == .shortWrite { background += 1 }
        }
        #expect(background > 0, "\(kind) never struck while training went on")
    }

    @Test("A crash in a step finds the save as far as the step had come, and never a part taken for the whole")
    func crashesInTheMiddle() throws {
        var restarts: Set<Int> = []
        for share in 0..<8 {
            var crash = FaultEvent(.nodeLoss, at: .step(3))
            crash.node = 0
            crash.instruction = try share * rehearsal.shape().instructions[0] / 8
            let report = try rehearsal.run(Scenario(name: "crash", events: [crash]), seed: UInt64(share))
            #expect(report.problems == [] && report.missed == [], "\(share): \(report.incidents)")
            #expect(report.ending == .finished(rehearsal.reference.digest))
            restarts.insert(report.lostSteps)
        }
        #expect(restarts == [2], "the checkpoint of step 2 was not complete in step 3")
    }

    @Test("Slow storage makes the next save wait for the one under way")
    func slowStorage() throws {
        var slow = FaultEvent(.slowStorage, at: .step(2))
        (slow.factor, slow.steps) = (200, 4)
        let report = try rehearsal.run(Scenario(name: "slow", events: [slow]), seed: 0)
        #expect(report.problems == [] && report.ending == .finished(rehearsal.reference.digest))
        let sound = try rehearsal.run(Scenario(name: "none", events: []), seed: 0)
        #expect(report.virtualSeconds > 2 * sound.virtualSeconds)
    }
}

/// What a run tells of steps, evaluations and checkpoints, in order.
final class Story: RehearsalFollower {
    private(set) var lines: [String] = []

    func begin(job: Int, _ trainer: Trainer, on disk: RehearsedDisk) throws(Diagnostic) {}
    func observe(_ event: TrainingEvent, virtualSeconds: Double) throws(Diagnostic) {
        switch event {
        case .step(let done): lines.append("step \(done.step)")
        case .checkpoint(let saved): lines.append("checkpoint \(saved.step)")
        case .evaluation(let step, _): lines.append("evaluation \(step)")
        default: break
        }
    }
    func observe(_ incident: RehearsedIncident) throws(Diagnostic) { lines.append(incident.text) }
    func end(_ end: JobEnd) throws(Diagnostic) {}
}
