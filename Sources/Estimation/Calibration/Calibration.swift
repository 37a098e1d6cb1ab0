import ClusterProfiles
import Diagnostics
import Foundation

/// A profile's constants fitted to measurements: the sum of squared logarithms of predicted over measured is least.
///
/// A constant on which no measurement depends, or whose standard error is more than half of its value, stays as it was.
/// The errors of `heldOut` are those of rows that a fit did not see: every k-th row is held out in turn. The profile is
/// then fitted to all rows.
public struct Calibration: Sendable {
    /// The profile with the fitted constants.
    public var profile: ClusterProfile
    /// Every constant that could be fitted, in the profile's order.
    public var constants: [Constant]
    public var rows: [Row]

    public struct Constant: Sendable, Equatable {
        public var key: String
        public var before: Double
        public var after: Double
        /// Standard error over value; `nil` where nothing depends on it.
        public var relativeError: Double?
        public var outcome: Outcome
    }

    public enum Outcome: String, Sendable {
        case fitted
        /// Fitted, and at the end of what it may be.
        case atItsLimit = "at its limit"
        /// Left as it was: the measurements depend on it but cannot tell it.
        case unidentified
        /// Left as it was: no measurement depends on it.
        case unused
    }

    public struct Row: Sendable {
        public var measurement: MeasuredTime
        /// By the profile as it was.
        public var before: Double
        /// By the fitted profile.
        public var after: Double
        /// By a profile that was fitted to other rows only; `nil` where there are too few.
        public var heldOut: Double?
    }

    /// Above this the rows do not tell a constant.
    public static let relativeErrorMost = 0.5
    private static let foldsMost = 5

    /// Fits `profile` to the measurements.
    ///
    /// Throws `calibrate.no-measurements` for none, and what ``Estimate`` throws for recipes the cluster cannot hold.
    public init(_ profile: ClusterProfile, to measurements: [MeasuredTime]) throws(Diagnostic) {
        guard !measurements.isEmpty else {
            throw Diagnostic(
                "calibrate.no-measurements", "there is nothing to fit to", expected: "one measurement or more")
        }
        var prepared: [PreparedMeasurement] = []
        for measurement in measurements { prepared.append(try PreparedMeasurement(measurement, on: profile)) }
        let dependence = try ProfileFit.dependence(profile, prepared)
        let fit = try ProfileFit(profile, prepared, dependence: dependence)
        rows = []
        for row in prepared {
            rows.append(
                Row(
                    measurement: row.measurement, before: try row.seconds(on: profile),
                    after: try row.seconds(on: fit.profile)))
        }
        if prepared.count > 1 {
            let folds = min(Self.foldsMost, prepared.count)
            for fold in 0..<folds {
                let seen = prepared.indices.filter { $0 % folds != fold }
                let version = try ProfileFit(
                    profile, seen.map { prepared[$0] }, dependence: seen.map { dependence[$0] }
                ).profile
                for index in stride(from: fold, to: prepared.count, by: folds) {
                    rows[index].heldOut = try prepared[index].seconds(on: version)
                }
            }
        }
        constants = fit.constants
        self.profile = fit.profile
        name(constants: fit)
    }

    /// Says in each fitted figure where it comes from.
    private mutating func name(constants fit: ProfileFit) {
        let files = rows.map(\.measurement.file).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let error = Self.percent(meanError(\.after))
        let source =
            "calibrated: \(rows.count) measurement\(rows.count == 1 ? "" : "s") from \(files.joined(separator: ", ")), "
            + "relative error \(error)"
        for constant in fit.fitted {
            guard let value = constant.value(in: profile) else { continue }
            constant.set(value, source: source, in: &profile)
        }
    }

    /// Mean of |predicted ÷ measured − 1|.
    public func meanError(_ predicted: KeyPath<Row, Double>) -> Double {
        rows.reduce(0) { $0 + abs($1[keyPath: predicted] / $1.measurement.seconds - 1) } / Double(rows.count)
    }

    /// The same for rows that the fit did not see; `nil` if none was held out.
    public var heldOutError: Double? {
        var sum = 0.0
        for row in rows {
            guard let heldOut = row.heldOut else { return nil }
            sum += abs(heldOut / row.measurement.seconds - 1)
        }
        return sum / Double(rows.count)
    }

    static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}
