import Diagnostics
import Foundation
import Ledger

/// A run described for people, in Markdown: what ran, what happened, what came of it, and how to check it.
///
/// It is a function of the record alone: equal records have equal cards.
public struct RunCard: Sendable {
    private let facts: CardFacts

    public init(_ facts: CardFacts) { self.facts = facts }

    /// The whole card.
    public var markdown: String {
        let sections = [
            summary, facts.trainingSection, facts.dataSection, facts.evaluationSection, facts.energySection, events,
            facts.checkingSection,
        ]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var summary: String {
        let summary = facts.record.summary
        var rows = [
            [
                "state",
                "\(summary.state.rawValue), step \(summary.steps)"
                    + ((summary.stepsPlanned ?? facts.manifest.stepsPlanned).map { " of \($0)" } ?? ""),
            ],
            ["began", facts.manifest.started], ["last event", Self.utc(summary.updated)],
            ["recipe", "\(facts.recipe.name), `\(facts.manifest.recipeDigest ?? "unknown")`"],
            ["code", facts.record.codeTree.map { "tree `\($0)`" } ?? "none: the run was made outside a repository"],
            ["Serre", facts.serre],
        ]
        if let scenario = facts.manifest.scenario {
            rows.append(["rehearsal", "on a simulated cluster, under the scenario \(scenario)"])
        }
        if let digest = summary.digest { rows.append(["state digest", "`\(digest)`"]) }
        return "# Run \(facts.run)\n\n" + CardText.table(["", ""], rows)
    }

    private var events: String {
        let told: [EventKind] = [.start, .resume, .incident, .end]
        let rows = facts.record.events.filter { told.contains($0.kind) }.map { event in
            [
                Self.utc(event.time), event.step.map { "\($0)" } ?? "", event.kind.name,
                String(event.message.split(separator: "\n").first ?? ""),
            ]
        }
        let saves = facts.record.events.filter { $0.kind == .checkpoint }.count
        return "## What happened\n\n" + CardText.table(["time", "step", "event", ""], figures: [1], rows)
            + "\n\nBeside these \(CardText.counted(saves, "checkpoint")) \(saves == 1 ? "was" : "were") saved."
    }

    /// A time in UTC to the second, as ISO 8601.
    static func utc(_ time: Date) -> String { time.formatted(.iso8601) }
}
