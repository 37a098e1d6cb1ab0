import ClusterProfiles
import Diagnostics
import Foundation
import Programs
import Recipes
import Simulation

/// A measurement whose programs are lowered, ready to be predicted on many versions of one profile.
struct PreparedMeasurement {
    let measurement: MeasuredTime
    private let predict: (ClusterProfile) throws(Diagnostic) -> Double

    /// Throws as ``Estimate`` does for a recipe that the cluster cannot hold.
    init(_ measurement: MeasuredTime, on profile: ClusterProfile) throws(Diagnostic) {
        self.measurement = measurement
        do throws(Diagnostic) {
            predict = try Self.prediction(of: measurement.subject, on: profile)
        } catch {
            throw error.located(in: measurement)
        }
    }

    /// What the clock says on a version of the profile.
    func seconds(on profile: ClusterProfile) throws(Diagnostic) -> Double {
        do throws(Diagnostic) { return try predict(profile) } catch { throw error.located(in: measurement) }
    }

    /// Natural logarithm of predicted over measured.
    func logError(on profile: ClusterProfile) throws(Diagnostic) -> Double {
        log(max(try seconds(on: profile), 1e-12) / measurement.seconds)
    }

    private static func prediction(
        of subject: MeasuredTime.Subject, on profile: ClusterProfile
    ) throws(Diagnostic) -> (ClusterProfile) throws(Diagnostic) -> Double {
        switch subject {
        case .step(let recipe):
            // Nothing that is fitted decides which ranks are alike or what they run.
            try recipe.requirePlayable()
            let classes = try RankClasses(recipe, on: profile)
            try recipe.requirePlayable(classes)
            let programs = try classes.programs(of: recipe)
            return { (version) throws(Diagnostic) in
                let clock = try VirtualClock(version, layout: recipe.layout, precision: recipe.precision)
                return try clock.prepare(programs, classes).step().seconds
            }
        case .product(let m, let n, let k, let precision):
            return { (version) throws(Diagnostic) in
                try MachineTimes(version, precision: precision).product(m: m, n: n, k: k)
            }
        case .allReduce(let bytes, let ranks, let nodes):
            return { (version) throws(Diagnostic) in
                try MachineTimes(version).allReduce(bytes: bytes, ranks: ranks, nodes: nodes)
            }
        case .kernel(let operation, let work):
            return { (version) throws(Diagnostic) in try MachineTimes(version).seconds(operation, work) }
        case .message(let bytes):
            return { (version) throws(Diagnostic) in try MachineTimes(version).message(bytes: bytes) }
        case .exchange(let bytes, let members):
            return { (version) throws(Diagnostic) in try MachineTimes(version).exchange(bytes: bytes, members: members)
            }
        }
    }
}

extension Diagnostic {
    /// The same problem at the line of the measurement that has it.
    fileprivate func located(in measurement: MeasuredTime) -> Diagnostic {
        guard location?.line == nil, let line = measurement.line else { return self }
        var located = self
        located.location = .init(file: measurement.file, line: line, key: location?.key)
        return located
    }
}
