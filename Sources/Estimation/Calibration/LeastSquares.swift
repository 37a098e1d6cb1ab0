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
    private static let iterationsMost = 60

    /// Whether any row's residual is another when a constant is halved or doubled.
    func dependence(at values: [Double]) throws(Diagnostic) -> [[Bool]] {
        var depends: [[Bool]] = []
        for row in 0..<rows {
            let here = try residual(row, values)
            var line: [Bool] = []
            for index in values.indices {
                var differs = false
                for factor in [0.5, 2.0] {
                    var moved = values
                    moved[index] = clamped(values[index] * factor, index)
                    if abs(try residual(row, moved) - here) > 1e-9 { differs = true }
                }
                line.append(differs)
            }
            depends.append(line)
        }
        return depends
    }

    /// The best constants that are found from `start`; `depends` says which residuals need not be computed again.
    func solve(from start: [Double], depends: [[Bool]]) throws(Diagnostic) -> Solution {
        var values = start.enumerated().map { clamped($1, $0) }
        var residuals = try all(values)
        var cost = Self.squares(residuals)
        var damping = 1e-3
        for _ in 0..<Self.iterationsMost {
            let jacobian = try jacobian(values, residuals, depends)
            let (matrix, gradient) = normal(jacobian, residuals)
            var gain = 0.0
            // More damping makes the step shorter; after so many tries there is nothing left to gain.
            for _ in 0..<12 {
                guard let step = Self.solve(matrix, gradient, damping: damping) else {
                    damping *= 8
                    continue
                }
                let moved = values.indices.map {
                    clamped(values[$0] * exp(min(max(-step[$0], -1), 1)), $0)
                }
                let tried = try all(moved)
                let triedCost = Self.squares(tried)
                if triedCost < cost {
                    gain = cost - triedCost
                    (values, residuals, cost) = (moved, tried, triedCost)
                    damping = max(damping / 5, 1e-12)
                    break
                }
                damping *= 4
            }
            if gain <= 1e-12 * (cost + 1e-12) { break }
        }
        let jacobian = try jacobian(values, residuals, depends)
        return Solution(
            values: values, rootMeanSquare: rows > 0 ? (cost / Double(rows)).squareRoot() : 0,
            relativeErrors: errors(jacobian, residuals))
    }

    private func clamped(_ value: Double, _ index: Int) -> Double {
        min(max(value, bounds[index].lowerBound), bounds[index].upperBound)
    }

    private func all(_ values: [Double]) throws(Diagnostic) -> [Double] {
        var residuals: [Double] = []
        for row in 0..<rows { residuals.append(try residual(row, values)) }
        return residuals
    }

    /// Derivatives of the residuals by the constants' logarithms, between a little less and a little more of each.
    private func jacobian(
        _ values: [Double], _ residuals: [Double], _ depends: [[Bool]]
    ) throws(Diagnostic) -> [[Double]] {
        var jacobian = Array(repeating: Array(repeating: 0.0, count: values.count), count: rows)
        for index in values.indices {
            var (less, more) = (values, values)
            less[index] = clamped(values[index] * exp(-1e-3), index)
            more[index] = clamped(values[index] * exp(1e-3), index)
            let width = log(more[index] / less[index])
            guard width > 0 else { continue }
            for row in 0..<rows where depends[row][index] {
                jacobian[row][index] = (try residual(row, more) - residual(row, less)) / width
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

    /// Standard errors from the curvature at the solution.
    private func errors(_ jacobian: [[Double]], _ residuals: [Double]) -> [Double] {
        let count = bounds.count
        let freedom = Double(max(1, rows - count))
        let deviation = max((Self.squares(residuals) / freedom).squareRoot(), Self.leastDeviation)
        let matrix = normal(jacobian, residuals).matrix
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
