import Diagnostics
import Ledger

/// A model described for people, in Markdown, with the front matter that Hugging Face reads from a model's card.
///
/// Every figure comes from the run's record; what only a person can say comes from ``CardAnswers``, and where nobody has said
/// it, the card says so. Emissions are in grams, as Hugging Face's documentation of `co2_eq_emissions` asks.
public struct ModelCard: Sendable {
    private let facts: CardFacts
    private let answers: CardAnswers

    public init(_ facts: CardFacts, answers: CardAnswers) {
        self.facts = facts
        self.answers = answers
    }

    /// The whole card.
    public var markdown: String {
        let people = CardAnswers.Question.allCases.compactMap(section)
        let sections =
            [summary] + people
            + [
                facts.trainingSection, facts.dataSection, facts.evaluationSection, facts.energySection,
                facts.checkingSection,
            ]
        return frontMatter + "\n" + sections.joined(separator: "\n\n") + "\n"
    }

    private var name: String { answers[.name] ?? facts.recipe.name }

    private var summary: String {
        let finished = facts.record.summary.state == .finished
        var text = "# \(name)\n\n"
        text += "A language model of \(CardText.grouped(facts.recipe.parameterCount)) parameters "
        text += "(\(facts.architecture)), trained with Serre \(facts.manifest.serre.version) "
        text += "as run \(facts.run)."
        if !finished {
            text +=
                " **The run is \(facts.record.summary.state.rawValue)**: this is its state after step \(facts.record.summary.steps)"
            text += ((facts.record.summary.stepsPlanned ?? facts.manifest.stepsPlanned).map { " of \($0)" } ?? "") + "."
        }
        if let scenario = facts.manifest.scenario {
            text += " It was trained in a rehearsal, on a simulated cluster under the scenario \(scenario)."
        }
        if let digest = facts.record.summary.digest { text += "\n\nState digest: `\(digest)`." }
        return text + "\n\n## Licence\n\n" + (answers[.licence] ?? Self.missing(.licence))
    }

    /// The answer under its heading, or that it is missing; nothing for what has no section.
    private func section(_ question: CardAnswers.Question) -> String? {
        guard let heading = question.heading else { return nil }
        if answers[question] == nil, !question.isNeeded { return nil }
        return "## \(heading)\n\n" + (answers[question] ?? Self.missing(question))
    }

    private static func missing(_ question: CardAnswers.Question) -> String {
        "**Missing.** Nobody has answered yet: \(question.text)"
    }

    // MARK: What Hugging Face reads

    private var frontMatter: String {
        var lines = ["---"]
        lines += list("language", Self.languageCodes(facts.languages.filter { $0.tokens > 0 }.map(\.code)))
        lines.append("license: \(CardText.quoted(answers[.licence] ?? "unknown"))")
        lines += ["library_name: transformers", "pipeline_tag: text-generation"]
        lines += list("tags", ["serre", facts.recipe.model.family.rawValue])
        lines += emissions + index
        return (lines + ["---"]).joined(separator: "\n") + "\n"
    }

    /// Nothing where the record knows no emissions: a made-up zero would be believed.
    private var emissions: [String] {
        guard let grams = facts.energy?.total?.carbonGrams else { return [] }
        var lines = ["co2_eq_emissions:", "  emissions: \(grams)"]
        if let basis = facts.energy?.basis { lines.append("  source: \(CardText.quoted(basis))") }
        lines.append("  training_type: pre-training")
        if let location = answers[.location] { lines.append("  geographical_location: \(CardText.quoted(location))") }
        if let hardware = facts.hardware { lines.append("  hardware_used: \(CardText.quoted(hardware))") }
        return lines
    }

    /// The held-out measures, as results that can be compared between models.
    private var index: [String] {
        guard let evaluation = facts.evaluation, !evaluation.bitsPerByte.isEmpty else { return [] }
        var lines = ["model-index:", "- name: \(CardText.quoted(name))", "  results:"]
        for (language, value) in evaluation.bitsPerByte {
            lines += [
                "  - task:", "      type: text-generation", "    dataset:",
                "      type: held-out", "      name: \(CardText.quoted("held-out text, \(language)"))", "    metrics:",
                "    - type: bits_per_byte", "      value: \(value)",
            ]
        }
        return lines
    }

    /// ISO 639 codes, without scripts and regions.
    private static func languageCodes(_ codes: [String]) -> [String] {
        var known: [String] = []
        for code in codes.map({ String($0.prefix { $0 != "-" && $0 != "_" }) }) where !known.contains(code) {
            known.append(code)
        }
        return known
    }

    private func list(_ key: String, _ values: [String]) -> [String] {
        values.isEmpty ? [] : ["\(key):"] + values.map { "- \(CardText.quoted($0))" }
    }
}
