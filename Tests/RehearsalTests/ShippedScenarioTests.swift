import Diagnostics
import Scenarios
import Testing

@testable import Rehearsal

@Suite struct ShippedScenarioTests {
    @Test("Every shipped scenario comes out as it says, with the digest of the run without faults")
    func allComeOut() throws {
        let rehearsal = try NanoRehearsal.rehearsal()
        for name in Scenario.list() {
            let scenario = try Scenario.load(name)
            var rehearsal = rehearsal
            // Only who looks for silent corruption can find it, and looking doubles the time.
            let isSilent = scenario.events.contains { [.bufferFlip, .nonFinite].contains($0.kind) }
            rehearsal.audit.repeatEvery = isSilent ? 1 : 0
            let report = try rehearsal.run(scenario, seed: 1)
            #expect(report.problems == [], "\(name): \(report.incidents)")
            #expect(report.ending == .finished(rehearsal.reference.digest), "\(name)")
            #expect(report.missed == [], "\(name) shows what it does not do")
        }
    }

    @Test("An event that never comes to pass is said to be missed, and one that lasts is not")
    func missed() throws {
        var late = FaultEvent(.hang, at: .step(2))
        (late.rank, late.instruction) = (0, 1_000_000)
        var slow = FaultEvent(.slowAccelerator, at: .step(2))
        (slow.rank, slow.factor, slow.steps) = (1, 2, 2)
        var down = FaultEvent(.flappingLink, at: .step(3))
        (down.node, down.message, down.times) = (0, 1, 1)
        let scenario = Scenario(name: "late", events: [late, slow, down])
        let report = try NanoRehearsal.rehearsal().run(scenario, seed: 0)
        #expect(report.missed == [late] && report.problems == [])
    }

    @Test("A rehearsal is the same each time, to the last incident and virtual second")
    func isDeterministic() throws {
        let scenario = try Scenario.load("bad-week")
        let reports = try (0..<2).map { _ in try NanoRehearsal.rehearsal().run(scenario, seed: 3) }
        #expect(reports[0].incidents == reports[1].incidents && !reports[0].incidents.isEmpty)
        #expect(reports[0].virtualSeconds == reports[1].virtualSeconds)
        #expect(reports[0].jobs == reports[1].jobs && reports[0].lostSteps == reports[1].lostSteps)
    }

    @Test("A slow accelerator and a degraded link cost time and change nothing else")
    func slowness() throws {
        let rehearsal = try NanoRehearsal.rehearsal()
        let sound = try rehearsal.run(Scenario(name: "none", events: []), seed: 0)
        #expect(sound.jobs == 1 && sound.problems == [] && sound.incidents == [])
        for name in ["slow-accelerator", "degraded-link", "slow-storage", "bad-network"] {
            let report = try rehearsal.run(Scenario.load(name), seed: 0)
            #expect(report.virtualSeconds > sound.virtualSeconds, "\(name)")
        }
    }

    @Test("A fault that no restart helps against ends the run with its error, and the run can be resumed")
    func refusal() throws {
        var full = FaultEvent(.fullDisk, at: .step(2))
        full.times = 1000
        full.operation = 0
        let report = try NanoRehearsal.rehearsal().run(Scenario(name: "full", events: [full]), seed: 0)
        guard case .refused(let diagnostic) = report.ending else {
            Issue.record("not refused: \(report)")
            return
        }
        #expect(diagnostic.code == "file.no-space" || diagnostic.message.contains("No space left"), "\(diagnostic)")
        #expect(report.problems == [])
    }

    @Test("Without an audit a flipped bit goes unnoticed, and the rehearsal says that the result is wrong")
    func silentCorruption() throws {
        var rehearsal = try NanoRehearsal.rehearsal()
        rehearsal.audit = .init()
        let report = try rehearsal.run(Scenario.load("drifting-replicas"), seed: 1)
        #expect(report.problems.contains { $0.contains("came out as") || $0.contains("ends as") })
    }
}
