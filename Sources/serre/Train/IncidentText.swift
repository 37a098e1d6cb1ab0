import Diagnostics
import Training

/// A decision of the guard: a sentence for people, a line of `metrics.jsonl` and of the record for programs.
struct IncidentText {
    private let decision: GuardDecision

    init(_ decision: GuardDecision) { self.decision = decision }

    var sentence: String {
        let what = decision.cause == .spike ? "loss spike" : "loss or gradient not finite"
        var numbers = "loss \(significantOrName(decision.loss.value))"
        if decision.cause == .spike, let limit = decision.largestLoss {
            numbers += ", limit \(significantOrName(limit.value))"
        }
        let samples = "samples \(decision.firstSample) to \(decision.endSample - 1)"
        let action =
            switch decision.action {
            case .stop: "the run stops"
            case .skip: "skipped \(samples)"
            case .rollBack: "back to the state of step \(decision.rolledBackTo ?? 0), without \(samples)"
            }
        return "\(what) at step \(decision.step) (\(numbers)): \(action)"
    }

    /// What the audit has found, as such a line.
    static func json(_ finding: AuditFinding) throws(Diagnostic) -> String {
        try Console.json(
            FindingLine(
                step: finding.step, incident: "corruption", cause: finding.cause.rawValue,
                parameters: finding.parameters, origins: finding.origins))
    }

    private struct FindingLine: Encodable {
        var step: Int
        var incident: String
        var cause: String
        var parameters: [String]
        var origins: [String]
    }

    private func significantOrName(_ value: Double) -> String { value.isFinite ? significant(value) : "\(value)" }

    func json() throws(Diagnostic) -> String {
        try Console.json(
            Line(
                step: decision.step, incident: decision.cause.rawValue, action: decision.action.rawValue,
                firstSample: decision.firstSample, endSample: decision.endSample,
                rolledBackTo: decision.rolledBackTo, loss: FiniteNumber(decision.loss.value),
                gradientNorm: FiniteNumber(decision.gradientNorm.value),
                largestLoss: decision.largestLoss.map { FiniteNumber($0.value) },
                bits: [decision.loss, decision.gradientNorm].map(\.hexadecimal).joined(separator: "-")))
    }

    private struct Line: Encodable {
        var step: Int
        var incident, action: String
        var firstSample, endSample: Int
        var rolledBackTo: Int?
        var loss, gradientNorm: FiniteNumber
        var largestLoss: FiniteNumber?
        var bits: String

        enum CodingKeys: String, CodingKey {
            case step, incident, action, loss, bits
            case firstSample = "first_sample"
            case endSample = "end_sample"
            case rolledBackTo = "rolled_back_to"
            case gradientNorm = "gradient_norm"
            case largestLoss = "largest_loss"
        }
    }
}
