import Diagnostics
import Scenarios
import Testing

@testable import Rehearsal

@Suite struct ShippedScenarioTests {
    @Test("Every shipped scenario comes out as it says, with the digest of the run without faults")
    func allComeOut() throws {
        // As `serre scenario run NAME` does: on nano, with what the scenario asks for.
        var known: [(settings: Scenario.Settings, rehearsal: Rehearsal)] = []
        for name in Scenario.list() {
            let scenario = try Scenario.load(name)
            if !known.contains(where: { $0.settings == scenario.settings }) {
                known.append((scenario.settings, try NanoRehearsal.rehearsal(of: scenario)))
            }
            let rehearsal = try #require(known.first { $0.settings == scenario.settings }).rehearsal
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

    @Test("A job stops in time before its limit, which comes at about the step that is named", arguments: [1, 3, 6])
    func timeLimit(step: Int) throws {
        let layouts = [
            ["layout.tensor=2", "layout.data=2"], ["layout.pipeline=2", "layout.tensor=1", "layout.data=1"],
        ]
        for layout in layouts {
            for background in [true, false] {
                let rehearsal = try NanoRehearsal.rehearsal(layout + ["checkpoint.asynchronous=\(background)"])
                let limit = FaultEvent(.timeLimit, at: .step(step))
                let report = try rehearsal.run(Scenario(name: "limit", events: [limit]), seed: 0)
                #expect(report.problems == [] && report.missed == [] && report.lostSteps == 0, "\(report.incidents)")
                // Earlier where a save or an evaluation has taken longer than a step; not before the first in any case.
                let first = try #require(report.incidents.first { $0.contains("stopped by time limit") })
                let saved = try #require(first.split(separator: " ").last.flatMap { Int($0) })
                #expect(saved <= step && saved >= max(step - 3, 1), "\(step): \(report.incidents)")
                #expect(report.incidents.contains("time_limit: the job's time is up"))
            }
        }
    }

    @Test("Of several slow accelerators or links the slowest counts, and a link that no rank uses does not")
    func severalSlow() throws {
        let rehearsal = try NanoRehearsal.rehearsal()
        func seconds(_ events: [(FaultKind, Int, Double)]) throws -> Double {
            let events = events.map { kind, place, factor in
                var event = FaultEvent(kind, at: .step(1))
                (event.factor, event.steps) = (factor, 10)
                if kind == .slowAccelerator { event.rank = place } else { event.node = place }
                return event
            }
            let report = try rehearsal.run(Scenario(name: "slow", events: events), seed: 0)
            #expect(report.missed == [], "what lasts longer than the run has come to pass")
            return report.virtualSeconds
        }
        for kind in [FaultKind.slowAccelerator, .degradedLink] {
            let slowest = try seconds([(kind, 1, 50)])
            #expect(try seconds([(kind, 0, 1.01), (kind, 1, 50)]) == slowest && slowest > seconds([(kind, 0, 1.01)]))
        }
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
