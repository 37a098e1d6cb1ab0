/// How two recorded runs differ, most consequential first; what they have in common is left out.
///
/// ```swift
/// let comparison = try ledger.compare(first, second)
/// if case .parted(let step) = comparison.verdict { print("the runs part at step \(step)") }
/// ```
/// It says what the records say; whether a record is true is shown by replaying the run.
public struct RunComparison: Sendable, Equatable {
    public var a: RunSummary
    public var b: RunSummary
    public var verdict: Verdict
    /// The steps that both recorded, compared.
    public var steps: StepComparison
    /// What differs otherwise, most consequential first; no section is empty.
    public var sections: [ComparedSection]

    /// Whether the results are the same.
    public enum Verdict: Sendable, Equatable {
        /// Equal fingerprints at every step, and equal state digests wherever both have one.
        case identical
        /// The first step at which fingerprints or state digests differ.
        case parted(step: Int)
        /// No step was recorded by both.
        case noCommonSteps
    }

    /// Whether anything that decides the result differs: recipe, numerics, data or, without `exact-1`, where it ran.
    public var isExplained: Bool { sections.contains { $0.decides && !$0.section.isResult } }

    /// Whether nothing at all differs.
    public var isEmpty: Bool { sections.isEmpty && verdict == .identical && steps.lastA == steps.lastB }
}

/// A part of two records that differs.
public struct ComparedSection: Sendable, Equatable {
    public var section: Section
    /// Whether a difference here changes the result: true for causes; for what `exact-1` keeps out of it, false.
    public var decides: Bool
    public var differences: [ValueDifference]

    /// The parts of a record, most consequential first.
    public enum Section: String, Sendable, CaseIterable, Encodable {
        /// Keys of the recipe that decide the result.
        case recipe
        /// The arithmetic contract.
        case numerics
        /// The data manifest, and its files.
        case data
        case checkpoints, evaluations, suites, events
        /// Version, source and executable of Serre.
        case serre
        /// The user's repository.
        case code
        /// How the work was spread over ranks and processes.
        case layout
        /// Keys of the recipe about what is saved, measured and recorded.
        case policies
        /// The simulated cluster.
        case profile
        /// Machine, libraries and variables.
        case environment

        /// Whether this is what came out, not what went in.
        public var isResult: Bool { [.checkpoints, .evaluations, .suites, .events].contains(self) }
    }
}

/// One value that two records have differently.
public struct ValueDifference: Sendable, Equatable, Encodable {
    /// The path of the value, such as `optimizer.clip` or a file's name.
    public var key: String
    /// The value in the first record; `nil` when it has none.
    public var a: String?
    /// The value in the second record; `nil` when it has none.
    public var b: String?

    public init(_ key: String, _ a: String?, _ b: String?) {
        self.key = key
        self.a = a
        self.b = b
    }
}

extension RunComparison: Encodable {
    private enum CodingKeys: String, CodingKey {
        case a, b, identical, steps, sections, explained
        case partedAt = "parted_at"
    }

    /// The keys that `serre runs diff --json` promises.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(a.run.text, forKey: .a)
        try container.encode(b.run.text, forKey: .b)
        try container.encode(verdict == .noCommonSteps ? nil : verdict == .identical, forKey: .identical)
        let step: Int? = if case .parted(let step) = verdict { step } else { nil }
        try container.encode(step, forKey: .partedAt)
        try container.encode(isExplained, forKey: .explained)
        try container.encode(steps, forKey: .steps)
        try container.encode(sections, forKey: .sections)
    }
}

extension ComparedSection: Encodable {
    private enum CodingKeys: String, CodingKey { case section, decides, differences }
}
