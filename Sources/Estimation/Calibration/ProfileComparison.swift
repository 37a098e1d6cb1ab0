import ClusterProfiles
import Diagnostics

/// How far a profile is from measurements, with nothing fitted.
public struct ProfileComparison: Sendable, Encodable {
    public var rows: [Row]

    public struct Row: Sendable, Encodable {
        public var what: String
        public var measuredSeconds: Double
        public var predictedSeconds: Double
        /// Predicted over measured, less 1.
        public var error: Double

        enum CodingKeys: String, CodingKey {
            case what, error
            case measuredSeconds = "measured_seconds"
            case predictedSeconds = "predicted_seconds"
        }
    }

    /// Mean and largest of |error|.
    public var meanError: Double { rows.reduce(0) { $0 + abs($1.error) } / Double(max(1, rows.count)) }
    public var largestError: Double { rows.map { abs($0.error) }.max() ?? 0 }

    enum CodingKeys: String, CodingKey {
        case rows
        case meanError = "mean_error"
        case largestError = "largest_error"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rows, forKey: .rows)
        try container.encode(meanError, forKey: .meanError)
        try container.encode(largestError, forKey: .largestError)
    }

    /// Throws what ``Estimate`` throws for recipes that the cluster cannot hold.
    public init(_ profile: ClusterProfile, with measurements: [MeasuredTime]) throws(Diagnostic) {
        rows = []
        for measurement in measurements {
            let predicted = try PreparedMeasurement(measurement, on: profile).seconds(on: profile)
            rows.append(
                Row(
                    what: measurement.label, measuredSeconds: measurement.seconds, predictedSeconds: predicted,
                    error: predicted / measurement.seconds - 1))
        }
    }

    /// The comparison for people.
    public var lines: [String] {
        let cells = rows.map { row in
            [
                Lines.significant(row.measuredSeconds), Lines.significant(row.predictedSeconds),
                (row.error >= 0 ? "+" : "") + Calibration.percent(row.error),
                row.what.count > 60 ? row.what.prefix(59) + "…" : row.what,
            ]
        }
        return Calibration.table([["measured s", "predicted s", "error", "what"]] + cells) + [
            "",
            "mean error \(Calibration.percent(meanError)), largest \(Calibration.percent(largestError)), "
                + "\(rows.count) rows",
        ]
    }
}
