import Diagnostics

/// One run of a comparison, with those of its files that are compared.
struct ComparedRecord {
    private let ledger: Ledger
    let record: RunRecord
    let steps: [StepMetrics]

    init(_ run: RunID, in ledger: Ledger) throws(Diagnostic) {
        self.ledger = ledger
        record = try ledger.read(run)
        steps = try ledger.steps(run)
    }

    var run: RunID { record.summary.run }

    func file(_ path: String) throws(Diagnostic) -> [UInt8]? { try ledger.file(run, path) }

    /// A YAML file's values; none when the record has no such file.
    func yaml(_ path: String) throws(Diagnostic) -> FlatValues {
        guard let bytes = try file(path) else { return FlatValues() }
        return try FlatValues(yaml: bytes, file: "\(path) of \(run)")
    }

    /// A JSON file's values; none when the record has no such file.
    func json(_ path: String) throws(Diagnostic) -> FlatValues {
        guard let bytes = try file(path) else { return FlatValues() }
        return try FlatValues(json: bytes, file: "\(path) of \(run)")
    }

    /// The state digests that the record has, ascending by step: those of steps, and those of events.
    var digests: [(step: Int, digest: String)] {
        var known = [Int: String]()
        for event in record.events {
            if let step = event.step, let digest = event.digest { known[step] = digest }
        }
        for step in steps {
            if let digest = step.digest { known[step.step] = digest }
        }
        return known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The digest of each checkpoint's state. Its files are left out: how many there are depends on the layout.
    func checkpoints() throws(Diagnostic) -> FlatValues {
        var entries = [(key: String, value: String)]()
        for (step, path) in stepFiles(in: "checkpoints/") {
            entries.append(("step \(step)", try json(path).value(of: "state_digest") ?? "no digest"))
        }
        return FlatValues(entries)
    }

    /// Every value measured, under the step and its key; `steps` are those at which there is a file.
    func evaluations() throws(Diagnostic) -> (steps: FlatValues, values: FlatValues) {
        var (steps, values) = ([(key: String, value: String)](), [(key: String, value: String)]())
        for (step, path) in stepFiles(in: "evaluations/") {
            steps.append(("step \(step)", "measured"))
            for (key, value) in try json(path).entries where key != "step" {
                values.append(("step \(step) \(key)", value))
            }
        }
        return (FlatValues(steps), FlatValues(values))
    }

    /// Every figure of suites, under the checkpoint's step, suite, task and metric; `examined` are the steps' suites.
    func suites() throws(Diagnostic) -> (examined: FlatValues, values: FlatValues) {
        var (examined, values) = ([(key: String, value: String)](), [(key: String, value: String)]())
        for suite in try ledger.suites(run).reversed() {
            let place = "step \(suite.step) \(suite.suite)"
            examined.append((place, "examined"))
            values.append(("\(place) suite", suite.suiteDigest))
            values.append(("\(place) model", suite.stateDigest))
            // Those over all items come before those of languages and sources.
            for isWhole in [true, false] {
                for task in suite.tasks {
                    for figure in task.figures where task.overall.contains(figure) == isWhole {
                        let group = isWhole ? [] : [figure.language, figure.source].compactMap { $0 }
                        let words = [place, task.name, figure.metric] + group
                        values.append((words.joined(separator: " "), "\(figure.value)"))
                    }
                }
            }
        }
        return (FlatValues(examined), FlatValues(values))
    }

    /// How often each end, resume and incident was recorded. Segments are left out: where they are cut says nothing.
    func events() -> FlatValues {
        var counted = [(key: String, count: Int)]()
        for event in record.events where [.end, .resume, .incident].contains(event.kind) {
            let words = event.outcome.map { "\(event.kind), \($0.rawValue)" } ?? event.kind.name
            let key = event.step.map { "\(words) at step \($0)" } ?? words
            if let place = counted.firstIndex(where: { $0.key == key }) {
                counted[place].count += 1
            } else {
                counted.append((key, 1))
            }
        }
        return FlatValues(counted.map { ($0.key, $0.count == 1 ? "once" : "\($0.count) times") })
    }

    /// The machine and its libraries; what names one process is left out.
    func environment() throws(Diagnostic) -> FlatValues {
        let passing = ["process", "boot_id", "run_folder", "format"]
        return FlatValues(try json("environment.json").entries.filter { !passing.contains($0.key) })
    }

    /// The degrees in `record.json`, for records without a recipe's file.
    func layout() -> FlatValues {
        let degrees = (record.manifest.layout ?? [:]).sorted { $0.key < $1.key }
        return FlatValues(degrees.map { ("layout.\($0.key)", "\($0.value)") })
    }

    /// Files named by a step, such as `checkpoints/00000010.json`, in their order.
    private func stepFiles(in folder: String) -> [(step: Int, path: String)] {
        record.files.compactMap { file in
            guard file.path.hasPrefix(folder), file.path.hasSuffix(".json") else { return nil }
            return Int(file.path.dropFirst(folder.count).dropLast(".json".count)).map { ($0, file.path) }
        }.sorted { $0.step < $1.step }
    }
}
