import Diagnostics
import Foundation
import Ledger

/// What a page shows of one run at one moment: its record and, where its folder is on this machine, the steps since.
public struct PageRun: Sendable {
    package internal(set) var record: RunRecord
    package internal(set) var energy: RunEnergy?
    /// The steps in ascending order; of a step done again, the last version.
    package internal(set) var columns = StepColumns()
    /// Held-out measures: by name (such as `bits_per_byte`), then by language, the value after each evaluated step.
    package internal(set) var validation: [Measure] = []
    /// The results of suites: by suite's name, the newest step first.
    package internal(set) var suites: [SuiteFigures] = []
    /// How long each rank was at work.
    var rankTimes = RankTimes([])
    /// What the run's resumes changed, by the commits that record them.
    var changes: [String: String] = [:]
    /// The yardstick of its model FLOP utilisation.
    var yardstick: Yardstick?
    package internal(set) var liveness: RunLiveness
    /// Why its record could not be read just now; the rest is what was read before.
    var problem: String?

    /// One measure of one language over the run.
    package struct Measure: Sendable, Equatable, Encodable {
        package var measure: String
        package var language: String
        package var steps: [Int]
        package var values: [Double?]
    }

    /// What the model's arithmetic of a step is compared with.
    public struct Yardstick: Sendable, Equatable {
        /// Operations that the model itself needs per token, forward and backward, nothing computed twice.
        public var operationsPerToken: Double
        /// What all accelerators of the layout could do at most.
        public var peakOperationsPerSecond: Double

        public init(operationsPerToken: Double, peakOperationsPerSecond: Double) {
            self.operationsPerToken = operationsPerToken
            self.peakOperationsPerSecond = peakOperationsPerSecond
        }
    }

    /// Reads a run once. Throws when its record cannot be read.
    public init(_ run: RunID, from ledger: Ledger, yardstick: RunFollower.YardstickReader? = nil) throws(Diagnostic) {
        self = try RunFollower(run, in: ledger, yardstick: yardstick).page
    }

    /// The run's id.
    public var id: String { record.summary.run.text }
    /// How many steps it has so far.
    public var stepCount: Int { columns.count }

    init(_ record: RunRecord) {
        self.record = record
        liveness = RunLiveness(record, heard: nil, patience: .infinity, now: record.summary.updated)
    }
}

extension PageRun {
    /// Measures by name and language, from the record's evaluations in ascending order of steps.
    static func measures(of evaluations: [Evaluation]) -> [Measure] {
        var result: [Measure] = []
        for evaluation in evaluations {
            for (measure, language, value) in evaluation.values {
                let place = result.firstIndex { $0.measure == measure && $0.language == language }
                if place == nil { result.append(Measure(measure: measure, language: language, steps: [], values: [])) }
                let index = place ?? result.count - 1
                result[index].steps.append(evaluation.step)
                result[index].values.append(value)
            }
        }
        return result
    }

    /// One file of `evaluations/`.
    struct Evaluation {
        var step: Int
        var values: [(measure: String, language: String, value: Double?)]

        /// `nil` for a file that is no evaluation.
        init?(_ content: [UInt8]) {
            guard let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(content)),
                case .integer(let step)? = tree["step"]
            else { return nil }
            self.step = Int(step)
            values = tree.members.flatMap { measure in
                measure.value.members.map { (measure.key, $0.key, $0.value.text.flatMap(Double.init)) }
            }
        }
    }
}
