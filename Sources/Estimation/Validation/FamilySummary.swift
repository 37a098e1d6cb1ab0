/// The errors of a family of rows: all of them, those that constants were fitted to, and the others.
public struct FamilySummary: Sendable, Equatable {
    public var family: String
    /// Rows that were not used.
    public var skipped: Int
    public var all: ErrorSummary
    public var fitted: ErrorSummary
    public var heldOut: ErrorSummary

    public init(_ family: String, _ outcomes: [RowOutcome]) {
        self.family = family
        skipped = outcomes.count {
            if case .skipped = $0.result { true } else { false }
        }
        all = ErrorSummary(outcomes)
        fitted = ErrorSummary(outcomes.filter(\.isFitted))
        heldOut = ErrorSummary(outcomes.filter { !$0.isFitted })
    }
}

extension FamilySummary: Encodable {
    enum CodingKeys: String, CodingKey {
        case skipped, fitted
        case heldOut = "held_out"
    }

    /// The keys of all rows, with `skipped`, `fitted` and `held_out`.
    public func encode(to encoder: any Encoder) throws {
        try all.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(skipped, forKey: .skipped)
        try container.encode(fitted, forKey: .fitted)
        try container.encode(heldOut, forKey: .heldOut)
    }
}

extension Validation {
    /// The families of rows, each once, in the order of reports.
    public static func families(of rows: [MeasuredRow]) -> [String] { MeasuredFamily.ordered(rows.map(\.family)) }

    /// A summary per family, in the order of reports.
    public var families: [FamilySummary] {
        MeasuredFamily.ordered(outcomes.map(\.family)).map { family in
            FamilySummary(family, outcomes.filter { $0.family == family })
        }
    }

    /// The summary of every row.
    public var total: FamilySummary { FamilySummary("all", outcomes) }
}
