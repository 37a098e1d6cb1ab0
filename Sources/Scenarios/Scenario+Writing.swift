import TypedYAML

extension Scenario {
    /// The scenario as YAML, which ``parse(_:file:)`` reads back to the same value.
    public var yaml: String {
        var writer = YAMLWriter()
        writer.write("name", name)
        if !summary.isEmpty { writer.write("description", summary) }
        if let source { writer.write("source", source) }
        var text = writer.text
        if !events.isEmpty { text += "events:\n" + events.map { "  - \($0.flow)\n" }.joined() }
        if !rates.isEmpty {
            text += "rates:\n" + rates.map { "  \($0.kind.rawValue): \(YAMLWriter.number($0.chance))\n" }.joined()
        }
        if let profileRates {
            var rates = YAMLWriter()
            rates.section("profile_rates") { section in
                section.write("hours_per_step", profileRates.hoursPerStep)
                if let nodes = profileRates.nodes { section.write("nodes", nodes) }
            }
            text += rates.text
        }
        for (key, own) in [("recipe", settings.recipe), ("profile", settings.profile)] where !own.isEmpty {
            if key == "recipe" || settings.recipe.isEmpty { text += "rehearse_with:\n" }
            let pairs = own.map { $0.replacing("=", with: ": ", maxReplacements: 1) }
            text += "  \(key): {\(pairs.joined(separator: ", "))}\n"
        }
        var expect = YAMLWriter()
        expect.section("expect") { section in
            if let outcome = expectation.outcome { section.write("outcome", outcome.rawValue) }
            if let restarts = expectation.restarts { section.write("restarts", restarts) }
            if let lost = expectation.lostSteps { section.write("lost_steps", lost) }
            if let says = expectation.says { section.write("says", says) }
        }
        return expectation == Expectation() ? text : text + expect.text
    }
}

extension FaultEvent {
    /// The event on one line of YAML.
    public var flow: String {
        var parts = ["kind: \(kind.rawValue)"]
        switch moment {
        case .step(let step): parts.append("step: \(step)")
        case .seconds(let seconds): parts.append("seconds: \(YAMLWriter.number(seconds))")
        }
        if let phase { parts.append("\(Key.phase.rawValue): \(phase.rawValue)") }
        let numbers: [(Key, Int?)] = [
            (.rank, rank), (.node, node), (.instruction, instruction), (.message, message), (.operation, operation),
            (.element, element), (.bit, bit), (.steps, steps), (.times, times),
        ]
        for (key, value) in numbers { if let value { parts.append("\(key.rawValue): \(value)") } }
        for (key, value) in [(Key.factor, factor), (.delay, delay), (.grace, grace)] {
            if let value { parts.append("\(key.rawValue): \(YAMLWriter.number(value))") }
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
