/// What a repetition of a step has brought to light.
public struct AuditFinding: Sendable, Equatable {
    public var step: Int
    public var cause: Cause
    /// The parameters whose state differed between the executions, in model order.
    public var parameters: [String]

    public enum Cause: String, Sendable {
        /// Two of three executions agree: the machine got one of them wrong, once.
        case transient
        /// No two of three executions agree: the machine gets this step wrong again and again.
        case persistent
        /// The executions were given different tokens.
        case data
    }

    /// What happened, in one sentence.
    public var sentence: String {
        let named = parameters.prefix(3).joined(separator: ", ") + (parameters.count > 3 ? ", …" : "")
        return switch cause {
        case .transient:
            "step \(step) came out differently when it was computed again (\(named)); the third time agreed with one of "
                + "them, and the run goes on from that"
        case .persistent: "step \(step) came out differently each of three times (\(named))"
        case .data: "step \(step) was given other tokens when it was computed again"
        }
    }
}
