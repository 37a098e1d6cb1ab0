import Diagnostics
import Foundation
import Integrity
import Ledger

extension ExportedRun {
    /// Writes the steps, evaluations and results of suites as a TensorBoard event file; returns its path.
    ///
    /// The file is `<folder>/<run>/events.out.tfevents.<start>.serre`, so that several runs written to one folder are shown
    /// together. Written again, it is replaced, as a whole: a reader sees the old one or the new one. Values are rounded to
    /// float32, the format's own type; times are those of the record, between whose events a step's is counted from the
    /// seconds that steps took.
    ///
    /// Throws when the folder cannot be written.
    public func writeTensorBoard(to folder: String) throws(Diagnostic) -> String {
        let parent = "\(folder)/\(run)"
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "export.folder", "cannot make the folder for TensorBoard", at: .init(file: parent),
                remedy: "name another folder with -o", kind: .failure)
        }
        let path = "\(parent)/events.out.tfevents.\(Int(startTime.timeIntervalSince1970)).serre"
        try AtomicFile.write(eventFile(), to: path)
        return path
    }

    /// The bytes of the event file.
    func eventFile() -> [UInt8] {
        var file = EventFile(at: startTime.timeIntervalSince1970)
        var measured = measuredNumbers()
        var times = StepTimes(record.events)
        for line in steps {
            guard let step = line.step else { continue }
            let time = times.end(of: step, seconds: Self.number("seconds", of: line))
            let numbers = Self.scalars.compactMap { scalar in
                Self.number(scalar.column, of: line).map { (scalar.tag, $0) }
            }
            file.append(numbers, step: step, at: time)
            file.append(measured.removeValue(forKey: step) ?? [], step: step, at: time)
        }
        // Those of steps that the record has no metrics of, such as an imported model's.
        for (step, numbers) in measured.sorted(by: { $0.key < $1.key }) {
            file.append(numbers, step: step, at: endTime.timeIntervalSince1970)
        }
        return file.bytes
    }

    /// What was measured after each step: the evaluation, then suites, whose step is that of the checkpoint examined.
    private func measuredNumbers() -> [Int: [(tag: String, value: Double)]] {
        var numbers: [Int: [(tag: String, value: Double)]] = [:]
        for evaluation in jsonFiles(in: "evaluations/") {
            if let step = evaluation.step { numbers[step] = Self.numbers(of: evaluation) }
        }
        for file in files where file.path.hasPrefix(RecordFormat.suites) {
            for suite in SuiteFigures.all(in: file.content) {
                numbers[suite.step, default: []] += Self.numbers(of: suite)
            }
        }
        return numbers
    }

    /// `suite/<suite>/<task>/<metric>` over all items, and the same with `/<language>` of those with figures by language.
    private static func numbers(of suite: SuiteFigures) -> [(tag: String, value: Double)] {
        suite.tasks.flatMap { task in
            task.figures.filter { $0.source == nil }.map { figure in
                let language = figure.items == task.items ? nil : figure.language
                let words = ["suite", suite.suite, task.name, figure.metric] + (language.map { [$0] } ?? [])
                return (words.joined(separator: "/"), figure.value)
            }
        }
    }

    /// Tags and the columns of ``csv()`` that they show.
    private static let scalars = [
        (tag: "train/loss", column: "loss"), (tag: "train/gradient_norm", column: "gradient_norm"),
        (tag: "train/learning_rate", column: "learning_rate"), (tag: "progress/tokens", column: "tokens"),
        (tag: "progress/samples", column: "samples"), (tag: "speed/seconds_per_step", column: "seconds"),
        (tag: "speed/tokens_per_second", column: "tokens_per_second"),
        (tag: "speed/virtual_seconds_per_step", column: "virtual_seconds"),
    ]

    private static func number(_ column: String, of step: JSONTree) -> Double? { Double(cell(column, of: step)) }

    /// `validation/bits_per_byte/<language>`, and so on for every measure of the evaluation.
    private static func numbers(of evaluation: JSONTree) -> [(tag: String, value: Double)] {
        evaluation.members.flatMap { measure in
            measure.value.members.compactMap { entry in
                entry.value.text.flatMap(Double.init).map { ("validation/\(measure.key)/\(entry.key)", $0) }
            }
        }
    }
}
