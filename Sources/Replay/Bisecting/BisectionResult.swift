/// Where two runs part, as far as it could be found.
public struct BisectionResult: Sendable {
    public enum Outcome: Sendable, Equatable {
        /// The records are the same to their ends.
        case identical
        /// The first differing instruction is known.
        case found
        /// Both are the same computation here, and only one of the records comes out of it: what made the other differ was
        /// neither its recipe nor its data nor its layout.
        case firstOnly, secondOnly
        /// Neither record comes out, and repeated here the two do not differ.
        case neither
    }

    public var comparison: RecordComparison
    /// The first step that differs; `nil` when none does.
    public var step: Int?
    /// The later step that was the first to show it, where the difference came before its fingerprint did.
    public var hiddenUntil: Int?
    public var outcome: Outcome
    /// The first instruction that wrote something else.
    public var origin: InstructionDifference?
    /// Where the state of the record that does not come out is on disk after this very step: what is wrong in it.
    public var state: TensorDifference?
    /// How many steps were computed, on both sides together.
    public var stepsComputed: Int

    init(comparison: RecordComparison, step: Int?, outcome: Outcome, stepsComputed: Int) {
        (self.comparison, self.step, self.outcome, self.stepsComputed) = (comparison, step, outcome, stepsComputed)
    }
}

/// The steps of two records, side by side.
public struct RecordComparison: Sendable {
    /// The first step whose fingerprint or digest differs; `nil` when all that both have agree.
    public let firstDifference: Int?
    /// The last step before it at which both have the same state digest; 0 when there is none.
    public let lastSameDigest: Int
    /// Steps that both have.
    public let shared: Int
    /// What the two say of the first differing step.
    public let fingerprints: [String]

    public init(_ first: RecordedRun, _ second: RecordedRun) {
        let steps = first.steps.keys.filter { second.steps[$0] != nil }.sorted()
        let difference = steps.first { step in
            first.steps[step]?.fingerprint != second.steps[step]?.fingerprint
                || Self.differ(first.digests[step], second.digests[step])
        }
        firstDifference = difference
        shared = steps.count
        lastSameDigest =
            steps.last { step in
                step < difference ?? Int.max && first.digests[step] != nil
                    && first.digests[step] == second.digests[step]
            } ?? 0
        fingerprints =
            difference.map { step in
                [first, second].compactMap { $0.steps[step]?.fingerprint }
            } ?? []
    }

    private static func differ(_ a: String?, _ b: String?) -> Bool { a != nil && b != nil && a != b }
}
