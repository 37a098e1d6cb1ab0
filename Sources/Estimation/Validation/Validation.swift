import ClusterProfiles
import Diagnostics
import Foundation
import Recipes
import Synchronization

/// Predictions of measured training steps beside the measurements.
public struct Validation: Sendable {
    /// In the order of the rows.
    public var outcomes: [RowOutcome]

    public struct Options: Sendable {
        /// The style for every row; `nil` for the engine that each was measured with.
        public var style: EngineStyle?
        /// `path.to.key=value`, set in every cluster profile.
        public var profileOverrides: [String]
        /// Ids of the rows that constants were fitted to.
        public var fitted: Set<String>
        /// Threads that share the rows; cannot change an outcome.
        public var workers: Int

        public init(
            style: EngineStyle? = nil, profileOverrides: [String] = [], fitted: Set<String> = [], workers: Int = 2
        ) {
            self.style = style
            self.profileOverrides = profileOverrides
            self.fitted = fitted
            self.workers = workers
        }
    }

    public init(outcomes: [RowOutcome]) { self.outcomes = outcomes }

    /// Predicts every row.
    ///
    /// - Parameters:
    ///   - others: more rows, whose source may say what these leave out.
    ///   - progress: called after each row with the number of rows that are done, from any thread, one call at a time.
    /// - Throws: a cluster profile's errors, `rows.unknown-framework` for a row of an engine that is not modelled unless a
    ///   style is chosen for all; a row that cannot be predicted for another reason is skipped with it.
    public init(
        of rows: [MeasuredRow], among others: [MeasuredRow] = [], _ options: Options = Options(),
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(Diagnostic) {
        if options.style == nil {
            for row in rows { try row.requireKnownFramework() }
        }
        let runs = rows.map { row -> Result<MeasuredRun, RowExclusion> in
            do throws(RowExclusion) {
                return .success(try MeasuredRun(row, among: rows + others, style: options.style))
            } catch { return .failure(error) }
        }
        let profiles = try Self.profiles(of: runs, options)
        outcomes = Self.map(rows.count, workers: options.workers, progress: progress) { index in
            Self.outcome(rows[index], runs[index], profiles, isFitted: options.fitted.contains(rows[index].id))
        }
    }

    /// The profiles that the runs need, each read once; one that is not there is left out.
    private static func profiles(
        of runs: [Result<MeasuredRun, RowExclusion>], _ options: Options
    ) throws(Diagnostic) -> [String: ClusterProfile] {
        let shipped = ClusterProfile.list()
        var profiles: [String: ClusterProfile] = [:]
        for run in runs {
            guard case .success(let run) = run, profiles[run.profile] == nil, shipped.contains(run.profile)
            else { continue }
            profiles[run.profile] = try ClusterProfile.load(run.profile, overrides: options.profileOverrides)
        }
        return profiles
    }

    private static func outcome(
        _ row: MeasuredRow, _ run: Result<MeasuredRun, RowExclusion>, _ profiles: [String: ClusterProfile],
        isFitted: Bool
    ) -> RowOutcome {
        var outcome = RowOutcome(
            id: row.id, family: MeasuredFamily.name(of: row), isFitted: isFitted, assumptions: [],
            result: .skipped(""))
        switch run {
        case .failure(let exclusion): outcome.result = .skipped(exclusion.reason)
        case .success(let run):
            outcome.assumptions = run.assumptions
            guard let profile = profiles[run.profile] else {
                outcome.result = .skipped("there is no cluster profile \(run.profile)")
                return outcome
            }
            do throws(Diagnostic) {
                let prediction = try run.predict(on: profile)
                outcome.assumptions += prediction.assumptions
                outcome.result = run.result(prediction)
            } catch { outcome.result = .skipped(error.description) }
        }
        return outcome
    }

    /// `transform` of 0 ..< count on some threads, in order.
    private static func map<Value: Sendable>(
        _ count: Int, workers: Int, progress: @escaping @Sendable (Int) -> Void,
        _ transform: @escaping @Sendable (Int) -> Value
    ) -> [Value] {
        let work = Work<Value>(count)
        let group = DispatchGroup()
        for _ in 0..<min(max(1, workers), max(1, count)) {
            DispatchQueue.global().async(group: group) {
                while let index = work.take() { work.put(transform(index), at: index, progress) }
            }
        }
        group.wait()
        return work.values
    }

    /// What threads take indices from and put values into.
    private final class Work<Value: Sendable>: Sendable {
        private let state: Mutex<(next: Int, done: Int, values: [Value?])>
        private let count: Int

        init(_ count: Int) {
            self.count = count
            state = Mutex((0, 0, Array(repeating: nil, count: count)))
        }

        func take() -> Int? {
            state.withLock { state in
                guard state.next < count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func put(_ value: Value, at index: Int, _ progress: (Int) -> Void) {
            state.withLock { state in
                state.values[index] = value
                state.done += 1
                progress(state.done)
            }
        }

        var values: [Value] { state.withLock { $0.values.compactMap(\.self) } }
    }
}

extension MeasuredRun {
    /// A prediction beside what was measured.
    fileprivate func result(_ prediction: RowPrediction) -> RowOutcome.Result {
        if row.ranOutOfMemory {
            return .ranOutOfMemory(predictedBytes: prediction.memoryBytes, isPredicted: !prediction.fits)
        }
        // The optimiser's states of 8 bits are not modelled, which time hardly feels.
        let isMemoryModelled = !row.framework.lowercased().contains("8-bit")
        return .compared(
            RowOutcome.Comparison(
                predictedSeconds: prediction.seconds, measuredSeconds: row.secondsPerStep ?? 0,
                interval: prediction.interval, predictedBytes: prediction.memoryBytes,
                measuredBytes: isMemoryModelled ? row.memoryGiB.map { $0 * 0x1p30 } : nil, fits: prediction.fits,
                question: question, layout: prediction.layout.description,
                idealSeconds: prediction.operations / prediction.peakOperationsPerSecond))
    }

    /// Model, machine and batch: what layouts are alternatives for.
    private var question: String {
        let layout = layouts.first ?? Layout()
        let shape = [
            model.layers, model.hidden, model.heads, model.keyValueHeads, model.ffn, model.sequenceLength,
            model.vocabulary, layout.ranks, batch,
        ].map { "\($0)" }
        return ([profile, layout.style.rawValue, precision.rawValue] + shape).joined(separator: " ")
    }
}
