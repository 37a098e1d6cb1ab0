import Diagnostics
import Foundation
import Ledger

/// What a page shows of one run, read once from its record.
public struct PageRun: Sendable {
    let record: RunRecord
    let energy: RunEnergy?
    /// The steps in ascending order; of a step done again, the last version.
    let columns: StepColumns
    /// Held-out measures: by name (such as `bits_per_byte`), then by language, the value after each evaluated step.
    let validation: [Measure]

    /// One measure of one language over the run.
    struct Measure: Sendable, Equatable, Encodable {
        var measure: String
        var language: String
        var steps: [Int]
        var values: [Double?]
    }

    /// Reads the record of a run. Throws when it cannot be read.
    public init(_ run: RunID, from ledger: Ledger) throws(Diagnostic) {
        record = try ledger.read(run)
        energy = try ledger.energy(run)
        columns = StepColumns(try ledger.metrics(run), begins: record.events.compactMap(StepColumns.Begin.init))
        var evaluations: [Evaluation] = []
        for file in record.files where file.path.hasPrefix("evaluations/") {
            let content = try ledger.file(run, file.path) ?? []
            guard let read = try? JSONDecoder().decode(JSONTree.self, from: Data(content)) else { continue }
            if let evaluation = Evaluation(read) { evaluations.append(evaluation) }
        }
        validation = Self.measures(of: evaluations.sorted { $0.step < $1.step })
    }

    private struct Evaluation {
        var step: Int
        var values: [(measure: String, language: String, value: Double?)]

        init?(_ tree: JSONTree) {
            guard case .integer(let step)? = tree["step"] else { return nil }
            self.step = Int(step)
            values = tree.members.flatMap { measure in
                measure.value.members.map { (measure.key, $0.key, $0.value.text.flatMap(Double.init)) }
            }
        }
    }

    private static func measures(of evaluations: [Evaluation]) -> [Measure] {
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
}
