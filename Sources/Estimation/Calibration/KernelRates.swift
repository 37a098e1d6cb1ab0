import ClusterProfiles
import Diagnostics
import Foundation
import Programs
import Simulation

/// Rates of the engine's kernels, kind by kind, from measurements of single calls.
public struct KernelRates: Sendable {
    public var rates = ClusterProfile.Rates()
    public var fits: [Fit] = []

    /// How well a kind's rate meets its measurements.
    public struct Fit: Sendable {
        public var kind: ClusterProfile.Rates.Kind
        public var rate: ClusterProfile.Rates.Rate
        /// Shapes of calls.
        public var shapes: Int
        /// Mean of |predicted ÷ measured − 1|, each shape weighed by its time in the measured steps.
        public var error: Double
    }

    /// A kernel's work, its seconds, and how much of a step it is.
    public struct Sample: Sendable {
        public var kind: ClusterProfile.Rates.Kind
        public var work: Work
        public var seconds: Double
        /// Of all calls together, in the step that it was measured in, over the step.
        public var share: Double

        public init(kind: ClusterProfile.Rates.Kind, work: Work, seconds: Double, share: Double) {
            self.kind = kind
            self.work = work
            self.seconds = seconds
            self.share = share
        }
    }

    /// Fits a start, a speed of operations and a speed of bytes to each kind; what the samples cannot tell is left out.
    /// `source` makes each figure's source from the number of shapes and the error.
    public init(
        _ samples: [Sample], source: (_ shapes: Int, _ error: Double) -> String
    ) throws(Diagnostic) {
        for kind in ClusterProfile.Rates.Kind.allCases {
            let own = samples.filter { $0.kind == kind && $0.seconds > 0 }
            guard !own.isEmpty else { continue }
            let terms = try Self.terms(own)
            func seconds(_ work: Work) -> Double { terms.reduce(0) { $0 + $1.term.amount(work) * $1.value } }
            let weight = own.reduce(0) { $0 + $1.share }
            let error = own.reduce(0) { $0 + $1.share * abs(seconds($1.work) / $1.seconds - 1) } / weight
            let words = source(own.count, error)
            func figure(_ term: Term, _ value: (Double) -> Double) -> Figure? {
                terms.first { $0.term == term }.map { Figure(Self.rounded(value($0.value)), source: words) }
            }
            let rate = ClusterProfile.Rates.Rate(
                microseconds: figure(.start) { $0 * 1e6 }, gigaflopsPerSecond: figure(.operations) { 1e-9 / $0 },
                gigabytesPerSecond: figure(.bytes) { 1e-9 / $0 })
            rates[kind] = rate
            fits.append(Fit(kind: kind, rate: rate, shapes: own.count, error: error))
        }
    }

    /// What a kernel's time may be made of.
    private enum Term: CaseIterable {
        case start, operations, bytes

        func amount(_ work: Work) -> Double {
            switch self {
            case .start: 1
            case .operations: work.matrixOperations
            case .bytes: work.memoryBytes
            }
        }
    }

    /// Seconds per unit of each term that the samples tell.
    private static func terms(_ samples: [Sample]) throws(Diagnostic) -> [(term: Term, value: Double)] {
        var terms = Term.allCases.filter { term in samples.contains { term.amount($0.work) > 0 } }
        while true {
            let chosen = terms
            let total = samples.reduce(0) { $0 + $1.seconds }
            let start = chosen.map { term in
                total / Double(chosen.count) / samples.reduce(0) { $0 + term.amount($1.work) }
            }
            let weights = samples.map { ($0.share + 1e-4).squareRoot() }
            let mean = weights.reduce(0, +) / Double(weights.count)
            let problem = LeastSquares(
                bounds: start.map { $0 * 1e-6...$0 * 1e3 }, rows: samples.count
            ) { (row, values) throws(Diagnostic) in
                let predicted = zip(chosen, values).reduce(0) { $0 + $1.0.amount(samples[row].work) * $1.1 }
                return weights[row] / mean * log(predicted / samples[row].seconds)
            }
            let all = samples.map { _ in chosen.map { _ in true } }
            let solution = try problem.solve(from: start, depends: all)
            let worst = solution.relativeErrors.indices.max {
                solution.relativeErrors[$0] < solution.relativeErrors[$1]
            }
            guard let worst, terms.count > 1, solution.relativeErrors[worst] > Calibration.relativeErrorMost else {
                return zip(terms, solution.values).map { ($0, $1) }
            }
            terms.remove(at: worst)
        }
    }

    /// Four significant digits: more is noise.
    static func rounded(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return value }
        let scale = pow(10, 3 - log10(value).rounded(.down))
        return (value * scale).rounded() / scale
    }
}
