/// What a repetition of a step has brought to light.
public struct AuditFinding: Sendable, Equatable {
    public var step: Int
    public var cause: Cause
    /// The parameters whose state differed between the executions, in model order.
    public var parameters: [String]
    /// Where the executions part: rank and instruction, in rank order.
    public var origins: [String]
    /// The ranks that held different parameters, where a comparison of replicas led to the repetition.
    public var ranks: [Int] = []

    public enum Cause: String, Sendable {
        /// Two of three executions agree, or replicas do in the second one: the machine got one of them wrong, once.
        case transient
        /// No two of three executions agree: the machine gets this step wrong again and again.
        case persistent
        /// The executions were given different tokens.
        case data
    }

    /// What happened, in one sentence.
    public var sentence: String {
        let names = parameters.isEmpty ? ["no parameter"] : Array(parameters.prefix(3))
        let named = names.joined(separator: ", ") + (parameters.count > 3 ? ", …" : "")
        let more = origins.count > 1 ? " and \(origins.count - 1) more" : ""
        let origin = origins.first.map { "; first at \($0)\(more)" } ?? ""
        return switch cause {
        case .transient where ranks.count == 2:
            "after step \(step) ranks \(ranks[0]) and \(ranks[1]) held different parameters (\(named)); computed again they "
                + "agree, and the run goes on from that"
        case .transient:
            "step \(step) came out differently when it was computed again (\(named)); the third time agreed with one of "
                + "them, and the run goes on from that\(origin)"
        case .persistent: "step \(step) came out differently each of three times (\(named))\(origin)"
        case .data: "step \(step) was given other tokens when it was computed again"
        }
    }
}
