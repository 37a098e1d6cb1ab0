import Diagnostics
import Integrity
import Scenarios

/// What has become of a rehearsed run.
public struct RehearsalReport: Sendable {
    /// The scenario with nothing left open.
    public var scenario: Scenario
    public var ending: Ending
    /// Jobs that the run took.
    public var jobs: Int
    /// Steps that were computed again after a restart.
    public var lostSteps: Int
    /// Virtual seconds from the first job's begin to the end.
    public var virtualSeconds: Double
    /// What went wrong and how each job but the last ended, in order.
    public var incidents: [String]
    /// Events of the scenario that never came to pass, since the run has no such instruction, message or operation.
    public var missed: [FaultEvent]
    /// What ended jobs, in order.
    public var causes: [Diagnostic]
    /// What must not be: empty unless Serre itself is at fault.
    public var violations: [String]

    /// How a run ends.
    public enum Ending: Sendable, Equatable {
        case finished(Digest)
        /// No job came any further; the run can be resumed when the cause is gone.
        case refused(Diagnostic)
    }

    /// Whether it ended as it must: as the scenario expects, or at least without a violation.
    public var problems: [String] {
        var problems = violations
        let expected = scenario.expectation
        switch (expected.outcome, ending) {
        case (.finished, .refused(let diagnostic)): problems.append("the run was refused: \(diagnostic)")
        case (.refused, .finished): problems.append("the run finished, which it should not have")
        default: break
        }
        if let restarts = expected.restarts, restarts != jobs - 1 {
            problems.append("expected \(restarts) restarts, found \(jobs - 1)")
        }
        if let lost = expected.lostSteps, lost != lostSteps {
            problems.append("expected \(lost) lost steps, found \(lostSteps)")
        }
        if let says = expected.says, !(causes.map(\.description) + incidents).contains(where: { $0.contains(says) }) {
            problems.append("nothing says “\(says)”")
        }
        return problems
    }
}
