import ClusterProfiles
import Diagnostics

/// One fit of a profile's constants: finds those that the rows can tell and leaves the others.
struct ProfileFit {
    private(set) var profile: ClusterProfile
    private(set) var constants: [Calibration.Constant] = []
    /// The constants that were given new values.
    private(set) var fitted: [CalibratedConstant] = []

    /// Fits to the rows; `dependence` says which depend on which constants.
    init(
        _ base: ClusterProfile, _ rows: [PreparedMeasurement], dependence: [[Bool]]
    ) throws(Diagnostic) {
        let all = CalibratedConstant.all(in: base)
        profile = base
        func isUsed(_ index: Int) -> Bool { dependence.contains { $0[index] } }
        var errors: [Int: Double] = [:]
        var active = all.indices.filter(isUsed)
        try Self.screen(&active, all, base, rows, dependence, &errors)
        var values = active.map { all[$0].start(in: base) }
        while !active.isEmpty {
            let chosen = active.map { all[$0] }
            let solution = try Self.problem(chosen, base, rows).solve(
                from: values, depends: dependence.map { line in active.map { line[$0] } })
            values = solution.values
            for (place, index) in active.enumerated() { errors[index] = solution.relativeErrors[place] }
            // What lies at its end has no curvature of its own and is judged by its value.
            let judged = zip(solution.relativeErrors, zip(chosen, values)).map { error, constant in
                Self.isAtEnd(constant.1, of: constant.0) ? 0 : error
            }
            guard let worst = Self.worst(judged) else { break }
            active.remove(at: worst)
            values.remove(at: worst)
        }
        // One that never left the end at which it began says no more than that it is not larger.
        for place in active.indices.reversed()
        where Self.isAtEnd(values[place], of: all[active[place]])
            && values[place] == all[active[place]].start(in: base)
        {
            active.remove(at: place)
            values.remove(at: place)
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

    /// Which rows depend on which of a profile's constants.
    static func dependence(
        _ base: ClusterProfile, _ rows: [PreparedMeasurement]
    ) throws(Diagnostic) -> [[Bool]] {
        let all = CalibratedConstant.all(in: base)
        return try problem(all, base, rows).dependence(at: all.map { $0.start(in: base) })
    }

    /// Takes out what even perfect measurements could not tell, so that no fit is spent on it.
    private static func screen(
        _ active: inout [Int], _ all: [CalibratedConstant], _ base: ClusterProfile, _ rows: [PreparedMeasurement],
        _ dependence: [[Bool]], _ errors: inout [Int: Double]
    ) throws(Diagnostic) {
        let chosen = active.map { all[$0] }
        let start = chosen.map { $0.start(in: base) }
        let whole = problem(chosen, base, rows)
        let depends = dependence.map { line in active.map { line[$0] } }
        let jacobian = try whole.jacobian(start, whole.all(start), depends)
        var kept = Array(active.indices)
        while !kept.isEmpty {
            let part = problem(kept.map { chosen[$0] }, base, rows)
            let judged = part.errors(
                jacobian.map { line in kept.map { line[$0] } }, deviation: LeastSquares.leastDeviation)
            // A constant at its end or far too small has little effect where the fit begins: the fit itself decides.
            let doubtful = zip(kept, judged).map { place, error in isAtEnd(start[place], of: chosen[place]) ? 0 : error
            }
            guard kept.count > rows.count ? true : worst(doubtful) != nil else { break }
            let place = doubtful.indices.max { doubtful[$0] < doubtful[$1] } ?? 0
            errors[active[kept[place]]] = judged[place]
            kept.remove(at: place)
        }
        active = kept.map { active[$0] }
    }

    /// The constant of the largest error, if that is too large.
    private static func worst(_ errors: [Double]) -> Int? {
        guard let worst = errors.indices.max(by: { errors[$0] < errors[$1] }),
            errors[worst] > Calibration.relativeErrorMost
        else { return nil }
        return worst
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
