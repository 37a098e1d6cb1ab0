import Diagnostics
import Testing

@testable import Scenarios

@Suite struct ScenarioReadingTests {
    private func refusal(_ events: String) throws -> Diagnostic {
        try #require(throws: Diagnostic.self) { try Scenario.parse("name: a\n" + events, file: "s.yaml") }
    }

    @Test("Every shipped scenario reads, and reads back from what it writes")
    func shipped() throws {
        let names = Scenario.list()
        #expect(names.count >= 25)
        for name in names {
            let scenario = try Scenario.load(name)
            #expect(scenario.name == name && !scenario.summary.isEmpty)
            #expect(scenario.expectation != Scenario.Expectation())
            #expect(try Scenario.parse(scenario.yaml) == scenario)
        }
    }

    @Test("Bad input is named with file, line, key and what was meant")
    func badInput() throws {
        let kind = try refusal("events:\n  - {kind: rank_crahs, step: 3}")
        #expect(kind.description.contains("s.yaml:3: events.0.kind") || kind.description.contains("s.yaml:3:"))
        #expect(kind.remedy == "did you mean rank_crash?")
        let key = try refusal("events:\n  - {kind: message_lost, step: 3, rank: 1}")
        #expect(key.code == "scenario.unknown-key" && key.message == "message_lost has no rank")
        #expect(try refusal("events:\n  - {kind: hang, step: 3, steep: 1}").code == "scenario.unknown-key")
        #expect(try refusal("events:\n  - {kind: hang, step: 3, in: evalution}").remedy == "did you mean evaluation?")
        #expect(
            try refusal("events:\n  - {kind: buffer_flip, step: 3, in: evaluation}").message == "buffer_flip has no in")
        let disk = try refusal("events:\n  - {kind: rank_crash, step: 3, in: evaluation, operation: 1}")
        #expect(disk.code == "scenario.moment" && disk.message == "no evaluation uses the disk")
        #expect(try refusal("events:\n  - {kind: hang}").code == "scenario.moment")
        #expect(try refusal("events:\n  - {kind: hang, step: 1, seconds: 2}").code == "scenario.moment")
        #expect(try refusal("events:\n  - {kind: hang, step: 0}").code == "scenario.out-of-range")
        #expect(try refusal("rates:\n  hang: 1.5").code == "scenario.out-of-range")
        #expect(try refusal("rates:\n  hnag: 0.5").remedy == "did you mean hang?")
        #expect(try refusal("events: []").code == "scenario.empty")
        #expect(
            try refusal("events:\n  - {kind: slow_accelerator, step: 1, factor: 0.5}").code == "scenario.out-of-range")
    }

    @Test(
        "Quantities that no run has are refused before they are reckoned with",
        arguments: [
            "{kind: buffer_flip, step: 3, rank: 0, element: 9223372036854775807}",
            "{kind: buffer_flip, step: 3, rank: 0, bit: 9223372036854775807}",
            "{kind: message_lost, step: 3, times: 9223372036854775807}",
            "{kind: slow_accelerator, step: 3, steps: 9223372036854775807}",
            "{kind: message_delayed, step: 3, delay_seconds: -1}",
        ])
    func boundless(event: String) throws {
        #expect(try refusal("events:\n  - \(event)").code == "scenario.out-of-range")
        let early = "name: a\nevents:\n  - {kind: clock_skew, step: 2, delay_seconds: -1}"
        #expect(throws: Never.self) { try Scenario.parse(early) }
    }

    private let shape = RunShape(
        ranks: 8, ranksPerNode: 2, steps: 10, stepsDone: 3, stepSeconds: 0.1)

    @Test(
        "What the run does not have is refused",
        arguments: [
            ("{kind: rank_crash, step: 5, rank: 8}", "scenario.rank"),
            ("{kind: node_loss, step: 5, node: 4}", "scenario.node"),
            ("{kind: hang, step: 3}", "scenario.past"),
            ("{kind: hang, step: 5, in: evaluation}", "scenario.evaluation"),
            ("{kind: hang, step: 11}", "scenario.late"),
            ("{kind: hang, seconds: 1000}", "scenario.late"),
        ])
    func misfits(event: String, code: String) throws {
        let text = "name: a\nevents:\n  - {kind: clock_skew, step: 5}\n  - \(event)"
        let scenario = try Scenario.parse(text, file: "s.yaml")
        let diagnostic = try #require(throws: Diagnostic.self) { try scenario.check(against: shape) }
        #expect(diagnostic.code == code)
        #expect(diagnostic.location?.file == "s.yaml" && diagnostic.location?.line == 4)
        #expect(diagnostic.location?.key?.hasPrefix("events.2.") == true)
    }

    @Test("A moment after restarts can be named")
    func lateSeconds() throws {
        var known = shape
        known.restartSeconds = 600
        try Scenario.parse("name: a\nevents:\n  - {kind: hang, seconds: 1000}").check(against: known)
    }

    @Test("What a scenario wants of the run is read and written, and wrong keys are named")
    func settings() throws {
        let text = "name: a\nevents:\n  - {kind: hang, step: 1}\nrehearse_with:\n"
        let scenario = try Scenario.parse(text + "  recipe: {layout.data: 2}\n  profile: {nodes.count: 3}\n")
        #expect(scenario.settings.recipe == ["layout.data=2"] && scenario.settings.profile == ["nodes.count=3"])
        #expect(try Scenario.parse(scenario.yaml) == scenario)
        let other = try Scenario.parse(text + "  profile: {nodes.count: 3}\n")
        #expect(try Scenario.parse(other.yaml) == other && other != scenario)
        let wrong = try #require(throws: Diagnostic.self) { try Scenario.parse(text + "  recipee: {}\n") }
        #expect(wrong.code == "scenario.unknown-key" && wrong.remedy == "did you mean recipe?")
    }

    @Test("A seed settles everything, the same way each time")
    func settling() throws {
        let scenario = try Scenario.parse("name: a\nevents:\n  - {kind: hang, step: 5}\nrates:\n  message_lost: 0.5")
        let settled = scenario.settled(seed: 7, for: shape)
        #expect(settled == scenario.settled(seed: 7, for: shape))
        #expect(settled != scenario.settled(seed: 8, for: shape))
        #expect(settled.rates.isEmpty && settled.events.count > 1)
        #expect(settled.events[0].rank != nil && settled.events[0].instruction != nil)
        #expect(settled.settled(seed: 9, for: shape) == settled)
        try settled.check(against: shape)
    }

    @Test("Instructions are drawn among those that the rank has, in a step or in an evaluation")
    func instructions() throws {
        var known = RunShape(ranks: 4, ranksPerNode: 2, steps: 6, stepSeconds: 0.1, evaluationEvery: 2)
        known.instructions = [30, 5, 11, 7]
        known.evaluationInstructions = [3, 1, 2, 2]
        var largest = [0, 0, 0, 0]
        for seed in 0..<2000 {
            for event in Scenario.drawn(seed: UInt64(seed), for: known).events {
                guard let instruction = event.instruction else { continue }
                let counts = event.phase == .evaluation ? known.evaluationInstructions : known.instructions
                // A lost node needs one rank that has the instruction; the lead is rank 0.
                let node = event.node.map { max(counts[2 * $0], counts[2 * $0 + 1]) }
                #expect(instruction < node ?? counts[event.rank ?? 0], "\(event.flow)")
                if event.phase != .evaluation, let rank = event.rank { largest[rank] = max(largest[rank], instruction) }
            }
        }
        #expect(largest == [29, 4, 10, 6])
    }

    @Test("A profile's rates bring as many faults as nodes and hours ask for")
    func profileRates() throws {
        let scenario = try Scenario.parse("name: a\nprofile_rates: {hours_per_step: 10, nodes: 48}")
        #expect(try Scenario.parse(scenario.yaml) == scenario)
        var known = shape
        (known.crashesPerNodeHour, known.hangsPerNodeHour) = (1.24e-4, 2.2e-5)
        try scenario.check(against: known)
        var counts: [FaultKind: Int] = [:]
        let (draws, steps) = (2000, 7)
        for seed in 0..<UInt64(draws) {
            let settled = scenario.settled(seed: seed, for: known)
            #expect(settled.profileRates == nil)
            for event in settled.events { counts[event.kind, default: 0] += 1 }
        }
        // Expected: 480 node-hours a step; four standard deviations are allowed.
        for (kind, rate) in [(FaultKind.nodeLoss, 1.24e-4), (.hang, 2.2e-5)] {
            let mean = rate * 480 * Double(draws * steps)
            #expect(abs(Double(counts[kind] ?? 0) - mean) < 4 * mean.squareRoot(), "\(kind): \(counts), \(mean)")
        }
    }

    @Test("Rates that the profile does not tell of, or of more than one fault a step, are refused")
    func profileRatesRefused() throws {
        var known = shape
        known.crashesPerNodeHour = 1e-4
        for (yaml, shape, says) in [
            ("hours_per_step: 10", shape, "does not say how often"),
            ("hours_per_step: 1000, nodes: 48", known, "more than one node_loss"),
        ] {
            let scenario = try Scenario.parse("name: a\nprofile_rates: {\(yaml)}")
            let diagnostic = try #require(throws: Diagnostic.self) { try scenario.check(against: shape) }
            #expect(diagnostic.message.contains(says) && diagnostic.remedy != nil, "\(diagnostic)")
        }
        #expect(throws: Diagnostic.self) { try Scenario.parse("name: a\nprofile_rates: {nodes: 3}") }
    }

    @Test("Drawn scenarios fit their run, and all kinds are drawn")
    func drawing() throws {
        let whole = RunShape(ranks: 4, ranksPerNode: 2, steps: 6, stepSeconds: 0.1, evaluationEvery: 4)
        var kinds: Set<FaultKind> = []
        var evaluated: Set<FaultEvent.Moment> = []
        for seed in 0..<300 {
            let scenario = Scenario.drawn(seed: UInt64(seed), for: whole)
            try scenario.check(against: whole)
            #expect((1...4).contains(scenario.events.count))
            kinds.formUnion(scenario.events.map(\.kind))
            evaluated.formUnion(scenario.events.filter { $0.phase == .evaluation }.map(\.moment))
            #expect(try Scenario.parse(scenario.yaml) == scenario)
        }
        #expect(evaluated == [.step(4), .step(6)])
        #expect(kinds.count == FaultKind.allCases.count)
    }
}
