/// How far predictions are from measurements, over some rows; errors are shares of what was measured.
public struct ErrorSummary: Sendable, Equatable {
    /// Rows with a prediction and a measured time.
    public var rows: Int
    public var meanAbsoluteError: Double?
    /// Mean of the signed errors: negative if predictions are too short.
    public var bias: Double?
    public var medianAbsoluteError: Double?
    /// The rows with the largest errors, the largest first.
    public var worst: [RowError]
    /// Groups of three or more layouts of one model on one machine, and what they say.
    public var layoutGroups: Int
    /// Kendall's tau-b between predictions and measurements, the mean over the groups.
    public var rankCorrelation: Double?
    /// What choosing the layout with the best prediction costs, over the groups.
    public var meanRegret: Double?
    public var largestRegret: Double?
    /// Mean absolute error of a model with one constant: operations over the rows' own median efficiency times the peak.
    public var nullModelError: Double?
    /// The share of rows that were measured within their 80 % interval, of those that have one.
    public var insideInterval: Double?
    /// Rows whose memory was measured.
    public var memoryRows: Int
    public var meanAbsoluteMemoryError: Double?
    /// Runs that ended for want of memory, and those of them that were predicted to.
    public var outOfMemoryRows: Int
    public var outOfMemoryPredicted: Int
    /// Runs that did fit and were predicted not to.
    public var falseAlarms: Int

    public struct RowError: Sendable, Equatable {
        public var id: String
        public var error: Double
    }

    /// The summary of some outcomes; skipped rows do not count.
    public init(_ outcomes: [RowOutcome]) {
        let compared = outcomes.compactMap { outcome in outcome.comparison.map { (outcome.id, $0) } }
        let rows = compared.map(\.1)
        let errors = rows.map(\.error)
        self.rows = rows.count
        meanAbsoluteError = Self.mean(errors.map(\.magnitude))
        bias = Self.mean(errors)
        medianAbsoluteError = Self.median(errors.map(\.magnitude))
        let ranked = compared.indices.sorted {
            (-errors[$0].magnitude, $0) < (-errors[$1].magnitude, $1)
        }
        worst = ranked.prefix(3).map { RowError(id: compared[$0].0, error: errors[$0]) }

        let comparisons = LayoutComparison.comparisons(rows)
        layoutGroups = comparisons.count
        rankCorrelation = Self.mean(comparisons.compactMap(\.rankCorrelation))
        meanRegret = Self.mean(comparisons.map(\.regret))
        largestRegret = comparisons.map(\.regret).max()

        nullModelError = Self.nullModelError(rows)
        let intervals = rows.compactMap { row in row.interval.map { $0.contains(row.measuredSeconds) } }
        insideInterval = Self.mean(intervals.map { $0 ? 1 : 0 })
        let memoryErrors = rows.compactMap(\.memoryError)
        memoryRows = memoryErrors.count
        meanAbsoluteMemoryError = Self.mean(memoryErrors.map(\.magnitude))
        let endings = outcomes.compactMap { outcome -> Bool? in
            guard case .ranOutOfMemory(_, let isPredicted) = outcome.result else { return nil }
            return isPredicted
        }
        outOfMemoryRows = endings.count
        outOfMemoryPredicted = endings.count { $0 }
        falseAlarms = rows.count { !$0.fits }
    }

    /// The error of time = operations ÷ (median efficiency × peak).
    static func nullModelError(_ rows: [RowOutcome.Comparison]) -> Double? {
        guard let efficiency = median(rows.map { $0.idealSeconds / $0.measuredSeconds }) else { return nil }
        return mean(rows.map { abs($0.idealSeconds / efficiency / $0.measuredSeconds - 1) })
    }

    static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// The middle value, or the mean of the two in the middle.
    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension ErrorSummary: Encodable {
    enum CodingKeys: String, CodingKey {
        case rows
        case mape = "mape_percent"
        case bias = "bias_percent"
        case median = "median_percent"
        case worst
        case layoutGroups = "layout_groups"
        case rankCorrelation = "rank_correlation"
        case meanRegret = "mean_regret_percent"
        case largestRegret = "largest_regret_percent"
        case nullModel = "null_model_mape_percent"
        case inside = "inside_interval"
        case memoryRows = "memory_rows"
        case memoryMape = "memory_mape_percent"
        case outOfMemoryRows = "out_of_memory_rows"
        case outOfMemoryPredicted = "out_of_memory_predicted"
        case falseAlarms = "false_out_of_memory"
    }

    /// Errors in per cent.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (key, count) in [
            (CodingKeys.rows, rows), (.layoutGroups, layoutGroups), (.memoryRows, memoryRows),
            (.outOfMemoryRows, outOfMemoryRows), (.outOfMemoryPredicted, outOfMemoryPredicted),
            (.falseAlarms, falseAlarms),
        ] { try container.encode(count, forKey: key) }
        for (key, share) in [
            (CodingKeys.mape, meanAbsoluteError), (.bias, bias), (.median, medianAbsoluteError),
            (.meanRegret, meanRegret), (.largestRegret, largestRegret), (.nullModel, nullModelError),
            (.memoryMape, meanAbsoluteMemoryError),
        ] { try container.encode(share.map { 100 * $0 }, forKey: key) }
        try container.encode(rankCorrelation, forKey: .rankCorrelation)
        try container.encode(insideInterval, forKey: .inside)
        try container.encode(worst, forKey: .worst)
    }
}

extension ErrorSummary.RowError: Encodable {
    enum CodingKeys: String, CodingKey {
        case id
        case error = "error_percent"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(100 * error, forKey: .error)
    }
}
