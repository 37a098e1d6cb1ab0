import Diagnostics
import Foundation
import Ledger

/// Follows one run: reads what its record and its folder have got since the last look, and nothing again.
///
///     let follower = try RunFollower(run, in: ledger)
///     while !isStopped { if follower.refresh() != nil { show(follower.page) }; sleep(1) }
///
/// Used by one thread at a time, like the ledger.
public final class RunFollower {
    /// The run as of the last look.
    public private(set) var page: PageRun
    /// Makes the yardstick from the recipe and the cluster profile (YAML) that a record holds.
    public typealias YardstickReader = (_ recipe: String, _ profile: String) -> PageRun.Yardstick?

    private let run: RunID
    private let ledger: Ledger
    private let yardstick: YardstickReader?
    private var steps: [StepMetrics] = []
    /// The times after the steps in the page's columns.
    private var times = StepTimes([])
    private var tail: StepTail?
    /// The last step read of the folder, and whether the end of its file is yet to come.
    private var lastInTail = 0
    private var isCatchingUp = false
    private var tip = ""
    /// The record's files read so far: their content does not change under a blob's name.
    private var readFiles: [String: String] = [:]
    private var readMetrics: Set<String> = []
    private var evaluations: [String: PageRun.Evaluation] = [:]
    private var suites: [String: [SuiteFigures]] = [:]
    private var resumes: [String: RecordManifest] = [:]

    /// Reads the whole run. Throws when its record cannot be read.
    public init(_ run: RunID, in ledger: Ledger, yardstick: YardstickReader? = nil) throws(Diagnostic) {
        (self.run, self.ledger, self.yardstick) = (run, ledger, yardstick)
        page = PageRun(try ledger.read(run))
        try readRecord()
        while readTail().isPartial {}
        updateLiveness()
    }

    /// Looks again. The index of the first step that is new or differs, the number of steps when none does, or `nil` when
    /// nothing at all has changed. A record that cannot be read just now is a change, too: the page says so.
    public func refresh() -> Int? {
        let before = (page.liveness, page.problem)
        var first: Int?
        do throws(Diagnostic) {
            page.problem = nil
            if try ledger.newestCommit(run) != tip { first = try readRecord() }
        } catch {
            page.problem = error.description
        }
        let news = readTail()
        if let changed = news.first { first = min(first ?? changed, changed) }
        updateLiveness()
        if first == nil, before != (page.liveness, page.problem) { first = page.columns.count }
        return first
    }

    // MARK: The record

    /// Reads what is new in the record; the index of the first step that changed, or the number of steps.
    @discardableResult
    private func readRecord() throws(Diagnostic) -> Int {
        let tip = try ledger.newestCommit(run)
        let record = try ledger.read(run)
        let begins = Self.begins(page.record)
        page.record = record
        page.energy = try ledger.energy(run)
        var changed = Int.max
        let metrics = try ledger.recordedMetrics(run)
        for file in metrics.files where readMetrics.insert("\(file.blob) \(file.path)").inserted {
            changed = min(changed, merge(StepMetrics.all(in: try ledger.content(of: file))))
        }
        if let reached = metrics.reached, self.tip.isEmpty || Self.begins(record).count != begins.count {
            // What a resume left behind; the folder's file, read again from its start, no longer has it either.
            while let last = steps.last, last.step > reached { steps.removeLast() }
            changed = min(changed, steps.count)
        }
        if tail == nil || Self.begins(record).count != begins.count { tail = StepTail(run, record.environment) }
        try readNotes(record)
        let isRetimed = self.tip.isEmpty || begins.elementsEqual(Self.begins(record), by: ==) == false
        self.tip = tip
        return rebuild(from: isRetimed ? 0 : changed)
    }

    /// The starts and resumes, which decide when steps ended.
    private static func begins(_ record: RunRecord) -> [Date] {
        record.events.filter { [.start, .resume].contains($0.kind) }.map(\.time)
    }

    /// Evaluations, results of suites, what resumes changed, and the yardstick.
    private func readNotes(_ record: RunRecord) throws(Diagnostic) {
        for file in record.files where readFiles[file.path] != file.blob {
            if file.path.hasPrefix("evaluations/") {
                evaluations[file.path] = PageRun.Evaluation(try ledger.file(run, file.path) ?? [])
            } else if file.path.hasPrefix(RecordFormat.suites) {
                suites[file.path] = SuiteFigures.all(in: try ledger.file(run, file.path) ?? [])
            } else if file.path.hasPrefix("resumes/"), file.path.hasSuffix(".json") {
                let content = Data(try ledger.file(run, file.path) ?? [])
                resumes[file.path] = try? JSONDecoder().decode(RecordManifest.self, from: content)
            } else {
                continue
            }
            readFiles[file.path] = file.blob
        }
        page.validation = PageRun.measures(of: evaluations.values.sorted { $0.step < $1.step })
        page.suites = suites.values.flatMap { $0 }.sorted(by: SuiteFigures.areInOrder)
        var (before, recipe) = (record.manifest, "recipe.yaml")
        page.changes = [:]
        for event in record.events where event.kind == .resume {
            let digits = String(event.step ?? 0)
            let name = "resumes/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
            guard let after = resumes[name + ".json"] else { continue }
            let text = ResumeChanges(from: before, to: after).text
            if !text.isEmpty { page.changes[event.commit] = text }
            (before, recipe) = (after, name + ".yaml")
        }
        try readYardstick(recipe)
    }

    /// The yardstick of the recipe and the cluster profile that the run goes on with.
    private func readYardstick(_ path: String) throws(Diagnostic) {
        guard let yardstick, let profile = try ledger.file(run, "profile.yaml"), let recipe = try ledger.file(run, path)
        else { return }
        page.yardstick = yardstick(String(decoding: recipe, as: UTF8.self), String(decoding: profile, as: UTF8.self))
    }

    // MARK: Steps

    /// Takes over steps in the order in which they were done; the index of the first that changed.
    private func merge(_ news: [StepMetrics]) -> Int {
        var changed = Int.max
        for step in news {
            let index = place(of: step.step)
            if index == steps.count {
                steps.append(step)
            } else if steps[index].step == step.step {
                if steps[index] == step { continue }
                steps[index] = step
            } else {
                steps.insert(step, at: index)
            }
            changed = min(changed, index)
        }
        return changed
    }

    /// The first index whose step is not below `step`.
    private func place(of step: Int) -> Int {
        if let last = steps.last, last.step < step { return steps.count }
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].step < step { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Reads what the run's folder has got. What it says of a step is newer than the record; where training went back, the
    /// steps that it left behind are gone.
    private func readTail() -> (first: Int?, isPartial: Bool) {
        guard let news = tail?.read() else { return (nil, false) }
        if news.isAnew { (isCatchingUp, lastInTail) = (true, 0) }
        var changed = Int.max
        for step in news.steps {
            if step.step <= lastInTail { changed = min(changed, drop(after: step.step)) }
            changed = min(changed, merge([step]))
            lastInTail = step.step
        }
        if isCatchingUp, !news.isPartial {
            isCatchingUp = false
            let goesOn = page.record.summary.state == .running && RunProcess(page.record.environment) == .alive
            if goesOn, lastInTail > 0 { changed = min(changed, drop(after: lastInTail)) }
        }
        return (changed == .max ? nil : rebuild(from: changed), news.isPartial)
    }

    /// Forgets the steps after `step`; the index of the first of them.
    private func drop(after step: Int) -> Int {
        let index = place(of: step + 1)
        guard index < steps.count else { return .max }
        steps.removeSubrange(index...)
        return index
    }

    /// Brings the columns up to date from the step with index `first` on.
    private func rebuild(from first: Int) -> Int {
        let kept = page.columns.count
        if first < steps.count || kept == 0 { page.rankTimes = RankTimes(steps) }
        if first >= kept, kept > 0 {
            page.columns.append(steps[min(kept, steps.count)...], times: &times)
            return kept
        }
        times = StepTimes(page.record.events)
        page.columns = StepColumns()
        page.columns.append(steps[...], times: &times)
        return first == .max ? 0 : min(first, page.columns.count)
    }

    // MARK: State

    private func updateLiveness() {
        page.liveness = RunLiveness(page.record, heard: tail?.changed, patience: patience, now: Date())
    }

    /// How long a run may say nothing: twenty of its steps and at least half a minute where its folder is in sight, three of its
    /// usual times between commits and at least a quarter of an hour where there is only the record.
    private var patience: Double {
        let recent = page.columns.seconds.suffix(50).compactMap { $0 }.sorted()
        let step = recent.isEmpty ? 0 : recent[recent.count / 2]
        if tail?.changed != nil { return max(30, 20 * step) }
        let times = page.record.events.map(\.time)
        let gaps = zip(times.dropFirst(), times).map { $0.timeIntervalSince($1) }.sorted()
        return max(900, 20 * step, gaps.isEmpty ? 0 : 3 * gaps[gaps.count / 2])
    }
}
