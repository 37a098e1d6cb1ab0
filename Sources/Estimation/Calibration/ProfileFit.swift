import ClusterProfiles
import Diagnostics

/// One fit of a profile's constants: finds those that the rows can tell and leaves the others.
struct ProfileFit {
    private(set) var profile: ClusterProfile
    private(set) var constants: [Calibration.Constant] = []
    /// The constants that were given new values.
    private(set) var fitted: [CalibratedConstant] = []

    init(_ base: ClusterProfile, _ rows: [PreparedMeasurement]) throws(Diagnostic) {
        let all = CalibratedConstant.all(in: base)
        profile = base
        let whole = Self.problem(all, base, rows)
        let dependence = try whole.dependence(at: all.map { $0.start(in: base) })
        func isUsed(_ index: Int) -> Bool { dependence.contains { $0[index] } }

        var active = all.indices.filter(isUsed)
        var errors: [Int: Double] = [:]
        var values: [Double] = []
        while !active.isEmpty {
            let chosen = active.map { all[$0] }
            let solution = try Self.problem(chosen, base, rows).solve(
                from: chosen.map { $0.start(in: base) }, depends: dependence.map { line in active.map { line[$0] } })
            values = solution.values
            for (place, index) in active.enumerated() { errors[index] = solution.relativeErrors[place] }
            let ends = zip(chosen, values).map { Self.isAtEnd($1, of: $0) }
            // What lies at its end has no curvature of its own and is judged by its value.
            let doubtful = active.indices.filter {
                !ends[$0] && solution.relativeErrors[$0] > Calibration.relativeErrorMost
            }
            guard let worst = doubtful.max(by: { solution.relativeErrors[$0] < solution.relativeErrors[$1] }) else {
                break
            }
            active.remove(at: worst)
        }
        for (place, index) in active.enumerated() {
            all[index].set(KernelRates.rounded(values[place]), source: "calibrated", in: &profile)
            fitted.append(all[index])
        }
        for (index, constant) in all.enumerated() {
            guard let before = constant.value(in: base), let after = constant.value(in: profile) else { continue }
            let outcome: Calibration.Outcome =
                active.contains(index)
                ? (Self.isAtEnd(after, of: constant) ? .atItsLimit : .fitted)
                : isUsed(index) ? .unidentified : .unused
            constants.append(
                Calibration.Constant(
                    key: constant.key, before: before, after: after, relativeError: errors[index], outcome: outcome))
        }
    }

    private static func isAtEnd(_ value: Double, of constant: CalibratedConstant) -> Bool {
        value <= constant.bounds.lowerBound || value >= constant.bounds.upperBound
    }

    private static func problem(
        _ constants: [CalibratedConstant], _ base: ClusterProfile, _ rows: [PreparedMeasurement]
    ) -> LeastSquares {
        LeastSquares(bounds: constants.map(\.bounds), rows: rows.count) { (row, values) throws(Diagnostic) in
            var version = base
            for (constant, value) in zip(constants, values) { constant.set(value, source: "", in: &version) }
            return try rows[row].logError(on: version)
        }
    }
}
