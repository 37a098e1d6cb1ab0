import Diagnostics
import TypedYAML

extension Scenario {
    private enum Key: String, CaseIterable {
        case name, description, source, events, rates, expect
        case profileRates = "profile_rates"
        case settings = "rehearse_with"
    }
    private enum SettingsKey: String, CaseIterable { case recipe, profile }
    private enum ProfileRatesKey: String, CaseIterable {
        case nodes
        case hoursPerStep = "hours_per_step"
    }
    private enum ExpectKey: String, CaseIterable {
        case outcome, restarts, says
        case lostSteps = "lost_steps"
    }

    init(reading document: YAMLDocument) throws(Diagnostic) {
        let root = try document.value.section(Key.self)
        name = try root.required(.name).text()
        origin = Origin(document.value.location)
        summary = try root.optional(.description)?.text() ?? ""
        source = try root.optional(.source)?.text()
        events = []
        for value in try root.optional(.events)?.elements("events") ?? [] {
            events.append(try FaultEvent(reading: value))
        }
        rates = []
        for (key, value) in try root.optional(.rates)?.entries("kinds of faults") ?? [] {
            guard let kind = FaultKind(rawValue: key) else {
                let known = FaultKind.allCases.map(\.rawValue)
                throw Diagnostic(
                    "scenario.unknown-key", "unknown kind of fault", at: value.location,
                    expected: "one of \(known.joined(separator: ", "))", found: "\"\(key)\"",
                    remedy: nearestWord(to: key, among: known).map { "did you mean \($0)?" })
            }
            rates.append(Rate(kind: kind, chance: try value.number(.between(0, 1))))
        }
        if root.optional(.profileRates) != nil {
            let section = try root.section(.profileRates, ProfileRatesKey.self)
            profileRates = ProfileRates(
                hoursPerStep: try section.required(.hoursPerStep).number(.positive),
                nodes: try section.optional(.nodes)?.integer(in: 1...1_000_000_000))
        }
        let settings = try root.section(.settings, SettingsKey.self)
        self.settings.recipe = try Self.settings(settings.optional(.recipe))
        self.settings.profile = try Self.settings(settings.optional(.profile))
        expectation = Expectation()
        let expect = try root.section(.expect, ExpectKey.self)
        expectation.outcome = try expect.optional(.outcome)?.choice()
        expectation.restarts = try expect.optional(.restarts)?.integer(in: 0...)
        expectation.lostSteps = try expect.optional(.lostSteps)?.integer(in: 0...)
        expectation.says = try expect.optional(.says)?.text()
        guard !events.isEmpty || !rates.isEmpty || profileRates != nil else {
            throw Diagnostic(
                "scenario.empty", "nothing goes wrong in this scenario", at: document.value.location,
                expected: "events, rates or profile_rates")
        }
    }
}

extension Scenario {
    /// Keys with their values, as options of a command line have them.
    fileprivate static func settings(_ value: YAMLValue?) throws(Diagnostic) -> [String] {
        var settings: [String] = []
        for (key, value) in try value?.entries("keys of a recipe or profile") ?? [] {
            settings.append("\(key)=\(try value.text())")
        }
        return settings
    }
}

extension FaultEvent {
    init(reading value: YAMLValue) throws(Diagnostic) {
        let section = try value.section(Key.self)
        let kind: FaultKind = try section.required(.kind).choice()
        let step = try section.optional(.step)?.integer(in: 1...)
        let seconds = try section.optional(.seconds)?.number(.nonNegative)
        switch (step, seconds) {
        case (let step?, nil): self.init(kind, at: .step(step))
        case (nil, let seconds?): self.init(kind, at: .seconds(seconds))
        default:
            throw Diagnostic(
                "scenario.moment", "an event happens at one moment", at: value.location,
                expected: "either step or seconds", found: step == nil ? "neither" : "both")
        }
        let known = kind.keys
        for key in Key.allCases where ![.kind, .step, .seconds].contains(key) && !known.contains(key) {
            guard let extra = section.optional(key) else { continue }
            let words = known.map(\.rawValue)
            throw Diagnostic(
                "scenario.unknown-key", "\(kind.rawValue) has no \(key.rawValue)", at: extra.location,
                expected: words.isEmpty ? "no key but step or seconds" : "any of \(words.joined(separator: ", "))")
        }
        origin = .init(value.location)
        phase = try section.optional(.phase)?.choice()
        if phase == .evaluation, let operation = section.optional(.operation) {
            throw Diagnostic(
                "scenario.moment", "no evaluation uses the disk", at: operation.location,
                expected: "either in: evaluation or an operation on the disk", found: "both")
        }
        // Far beyond what any run has, and small enough to be added up.
        let most = 1_000_000_000_000
        rank = try section.optional(.rank)?.integer(in: 0...most)
        node = try section.optional(.node)?.integer(in: 0...most)
        instruction = try section.optional(.instruction)?.integer(in: 0...most)
        message = try section.optional(.message)?.integer(in: 0...most)
        operation = try section.optional(.operation)?.integer(in: 0...most)
        element = try section.optional(.element)?.integer(in: 0...most)
        bit = try section.optional(.bit)?.integer(in: 0...most)
        factor = try section.optional(.factor)?.number(.between(1, 1e6))
        steps = try section.optional(.steps)?.integer(in: 1...most)
        times = try section.optional(.times)?.integer(in: 1...1_000_000)
        // Only clocks go wrong both ways.
        delay = try section.optional(.delay)?.number(.between(kind == .clockSkew ? -1e9 : 0, 1e9))
        grace = try section.optional(.grace)?.number(.nonNegative)
    }
}
