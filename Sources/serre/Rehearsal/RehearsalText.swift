import Diagnostics
import Rehearsal
import Scenarios

/// What has become of one rehearsed run, for people and for programs.
struct RehearsalText {
    private let report: RehearsalReport

    init(_ report: RehearsalReport) { self.report = report }

    func print(json: Bool) throws(Diagnostic) {
        if json { return try Console.printJSON(Line(report)) }
        for incident in report.incidents { Console.print("  \(incident)") }
        switch report.ending {
        case .finished(let digest): Console.print("finished  \(digest)")
        case .refused(let diagnostic): Console.print("refused   \(diagnostic)")
        }
        Console.print("jobs      \(report.jobs)")
        Console.print("lost      \(report.lostSteps) step\(report.lostSteps == 1 ? "" : "s") computed again")
        Console.print("time      \(fixed(report.virtualSeconds, 3)) virtual seconds")
        for event in report.missed { Console.note(Self.note(event)) }
        for problem in report.problems { Console.error(problem) }
    }

    /// Says that an event did not happen: what a scenario does not do, it does not show.
    static func note(_ event: FaultEvent) -> String { "this never came to pass: \(event.flow)" }

    private struct Line: Encodable {
        var scenario: String
        var outcome: String
        var stateDigest: String?
        var error: String?
        var jobs: Int
        var lostSteps: Int
        var virtualSeconds: Double
        var incidents: [String]
        var missed: [String]
        var problems: [String]

        enum CodingKeys: String, CodingKey {
            case scenario, outcome, error, jobs, incidents, missed, problems
            case stateDigest = "state_digest"
            case lostSteps = "lost_steps"
            case virtualSeconds = "virtual_seconds"
        }

        init(_ report: RehearsalReport) {
            scenario = report.scenario.name
            switch report.ending {
            case .finished(let digest): (outcome, stateDigest, error) = ("finished", digest.description, nil)
            case .refused(let diagnostic): (outcome, stateDigest, error) = ("refused", nil, diagnostic.description)
            }
            jobs = report.jobs
            lostSteps = report.lostSteps
            virtualSeconds = report.virtualSeconds
            incidents = report.incidents
            missed = report.missed.map(\.flow)
            problems = report.problems
        }
    }
}
