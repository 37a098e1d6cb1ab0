import Diagnostics
import Foundation

/// Fits a few positive constants so that the squares of residuals are least: Levenberg's and Marquardt's method on the
/// constants' logarithms, with a numeric Jacobian and bounds; deterministic.
struct LeastSquares {
    let bounds: [ClosedRange<Double>]
    let rows: Int
    /// The residual of a row at given constants.
    let residual: (_ row: Int, _ values: [Double]) throws(Diagnostic) -> Double

    struct Solution {
        var values: [Double]
        /// Root mean square of the residuals.
        var rootMeanSquare: Double
        /// Standard error of each constant over its value; infinite where the rows cannot tell it.
        var relativeErrors: [Double]
    }

    /// No measurement is trusted to be better than this, however well a fit meets it.
    static let leastDeviation = 0.01
    private static let iterationsMost = 100

    /// Which rows' residuals are others when a constant is halved or, where it cannot be, doubled.
    func dependence(at values: [Double]) throws(Diagnostic) -> [[Bool]] {
        var depends: [[Bool]] = []
        for row in 0..<rows {
            let here = try residual(row, values)
            var line: [Bool] = []
            for index in values.indices {
                var moved = values
                moved[index] = clamped(values[index] / 2, index)
                if moved[index] == values[index] { moved[index] = clamped(values[index] * 2, index) }
                line.append(abs(try residual(row, moved) - here) > 1e-9)
            }
            depends.append(line)
        }
        return depends
    }

    /// The best constants that are found from `start`; `depends` says which residuals need not be computed again.
    ///
    /// A residual can be a whole step on the clock, so the Jacobian is kept up to date by Broyden's rule and computed anew
    /// only where the old one leads nowhere.
    func solve(from start: [Double], depends: [[Bool]]) throws(Diagnostic) -> Solution {
        var values = start.enumerated().map { clamped($1, $0) }
        var residuals = try all(values)
        var jacobian = try jacobian(values, residuals, depends)
        var isFresh = true
        var damping = 1e-3
        for _ in 0..<Self.iterationsMost {
            let step = try step(from: values, residuals, jacobian, damping: &damping)
            if let step {
                let gain = Self.squares(residuals) - Self.squares(step.residuals)
                Self.update(&jacobian, zip(values, step.values).map { log($1 / $0) }, residuals, step.residuals)
                (values, residuals) = (step.values, step.residuals)
                let isStill = gain <= 1e-6 * Self.squares(residuals) + 1e-10
                if isStill, isFresh { break }
                isFresh = false
                guard isStill else { continue }
            } else if isFresh {
                break
            }
            jacobian = try self.jacobian(values, residuals, depends)
            isFresh = true
            damping = 1e-3
        }
        if !isFresh { jacobian = try self.jacobian(values, residuals, depends) }
        return Solution(
            values: values, rootMeanSquare: rows > 0 ? (Self.squares(residuals) / Double(rows)).squareRoot() : 0,
            relativeErrors: errors(jacobian, residuals))
    }

    /// A step that lowers the squares, with as much damping as it takes; `nil` if none is found.
    private func step(
        from values: [Double], _ residuals: [Double], _ jacobian: [[Double]], damping: inout Double
    ) throws(Diagnostic) -> (values: [Double], residuals: [Double])? {
        let (matrix, gradient) = normal(jacobian, residuals)
        for _ in 0..<8 {
            if let step = Self.solve(matrix, gradient, damping: damping) {
                let moved = values.indices.map { clamped(values[$0] * exp(min(max(-step[$0], -1), 1)), $0) }
                if moved == values { return nil }
                let tried = try all(moved)
                if Self.squares(tried) < Self.squares(residuals) {
                    damping = max(damping / 10, 1e-12)
                    return (moved, tried)
                }
            }
            damping *= 8
        }
        return nil
    }

    /// Broyden's rule: the least change of the Jacobian that explains the last step.
    private static func update(
        _ jacobian: inout [[Double]], _ step: [Double], _ before: [Double], _ after: [Double]
    ) {
        let length = squares(step)
        guard length > 1e-18 else { return }
        for row in jacobian.indices {
            let expected = zip(jacobian[row], step).reduce(0) { $0 + $1.0 * $1.1 }
            let missing = (after[row] - before[row] - expected) / length
            for index in step.indices { jacobian[row][index] += missing * step[index] }
        }
    }

    private func clamped(_ value: Double, _ index: Int) -> Double {
        min(max(value, bounds[index].lowerBound), bounds[index].upperBound)
    }

    func all(_ values: [Double]) throws(Diagnostic) -> [Double] {
        var residuals: [Double] = []
        for row in 0..<rows { residuals.append(try residual(row, values)) }
        return residuals
    }

    /// Derivatives of the residuals by the constants' logarithms.
    func jacobian(
        _ values: [Double], _ residuals: [Double], _ depends: [[Bool]]
    ) throws(Diagnostic) -> [[Double]] {
        var jacobian = Array(repeating: Array(repeating: 0.0, count: values.count), count: rows)
        for index in values.indices {
            var moved = values
            moved[index] = clamped(values[index] * exp(1e-4), index)
            if moved[index] == values[index] { moved[index] = clamped(values[index] * exp(-1e-4), index) }
            let width = log(moved[index] / values[index])
            guard width != 0 else { continue }
            for row in 0..<rows where depends[row][index] {
                jacobian[row][index] = (try residual(row, moved) - residuals[row]) / width
            }
        }
        return jacobian
    }

    private static func squares(_ residuals: [Double]) -> Double { residuals.reduce(0) { $0 + $1 * $1 } }

    private func normal(_ jacobian: [[Double]], _ residuals: [Double]) -> (matrix: [[Double]], gradient: [Double]) {
        let count = bounds.count
        var matrix = Array(repeating: Array(repeating: 0.0, count: count), count: count)
        var gradient = Array(repeating: 0.0, count: count)
        for row in 0..<rows {
            for i in 0..<count {
                gradient[i] += jacobian[row][i] * residuals[row]
                for j in 0..<count { matrix[i][j] += jacobian[row][i] * jacobian[row][j] }
            }
        }
        return (matrix, gradient)
    }

    /// Standard errors of the constants, over their values, from the curvature.
    func errors(_ jacobian: [[Double]], _ residuals: [Double]) -> [Double] {
        let count = bounds.count
        let freedom = Double(max(1, rows - count))
        let deviation = max((Self.squares(residuals) / freedom).squareRoot(), Self.leastDeviation)
        return errors(jacobian, deviation: deviation)
    }

    /// The same where the residuals deviate by so much.
    func errors(_ jacobian: [[Double]], deviation: Double) -> [Double] {
        let count = bounds.count
        let matrix = normal(jacobian, Array(repeating: 0, count: rows)).matrix
        return (0..<count).map { index in
            var unit = Array(repeating: 0.0, count: count)
            unit[index] = 1
            guard matrix[index][index] > 1e-12, let column = Self.solve(matrix, unit, damping: 1e-10),
                column[index] > 0
            else { return .infinity }
            return deviation * column[index].squareRoot()
        }
    }

    /// x with (A + damping · diagonal of A) x = b, by Cholesky's factors; `nil` where A is singular.
    private static func solve(_ matrix: [[Double]], _ right: [Double], damping: Double) -> [Double]? {
        let count = right.count
        var factor = matrix
        for i in 0..<count {
            factor[i][i] += damping * max(matrix[i][i], 1e-9)
            for j in 0...i {
                var sum = factor[i][j]
                for k in 0..<j { sum -= factor[i][k] * factor[j][k] }
                if i == j {
                    guard sum > 0 else { return nil }
                    factor[i][i] = sum.squareRoot()
                } else {
                    factor[i][j] = sum / factor[j][j]
                }
            }
        }
        var x = right
        for i in 0..<count {
            for k in 0..<i { x[i] -= factor[i][k] * x[k] }
            x[i] /= factor[i][i]
        }
        for i in (0..<count).reversed() {
            for k in i + 1..<max(count, i + 1) { x[i] -= factor[k][i] * x[k] }
            x[i] /= factor[i][i]
        }
        return x
    }
}
