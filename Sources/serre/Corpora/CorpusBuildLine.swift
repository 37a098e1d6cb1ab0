import Corpora
import Diagnostics
import Foundation
import Synchronization

/// Runs a build with its progress on one line of standard error.
enum CorpusBuildLine {
    static func run(
        _ specification: CorpusSpecification, output: String, root: String, workers: Int?, replace: Bool,
        passingOver passedOver: [String] = [],
        check: (@Sendable (TextCorpus) throws(Diagnostic) -> Void)? = nil
    ) throws(Diagnostic) -> TextCorpusManifest {
        allowManyFiles()
        let meter = Meter()
        var options = CorpusBuild.Options(workers: workers, replace: replace, root: root)
        if Console.showsProgress { options.progress = { progress in meter.show(progress) } }
        options.check = check
        options.passedOver = passedOver
        options.note = { line in
            Console.endProgress()
            Console.note(line)
        }
        defer { Console.endProgress() }
        return try CorpusBuild(specification, output: output, options: options).run()
    }

    /// Lets the process open as many files as the system lets it: each language has two of them while the corpus is written, and
    /// the usual limit is at five hundred languages.
    private static func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Draws the line a few times a second.
    private final class Meter: Sendable {
        private struct State {
            var pass: BuildProgress.Pass?
            var begin: ContinuousClock.Instant
            var last: ContinuousClock.Instant?
        }

        private let state = Mutex(State(begin: .now))

        func show(_ progress: BuildProgress) {
            let now = ContinuousClock.now
            let seconds: Double? = state.withLock { state in
                if state.pass != progress.pass { state = State(pass: progress.pass, begin: now) }
                let isEnd = progress.bytesDone == progress.bytesTotal
                if let last = state.last, now - last < .milliseconds(200), !isEnd { return nil }
                state.last = now
                let elapsed = (now - state.begin).components
                return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
            }
            if let seconds { Console.progress(line(progress, seconds)) }
        }

        private func line(_ progress: BuildProgress, _ seconds: Double) -> String {
            let share = progress.bytesTotal == 0 ? 1 : Double(progress.bytesDone) / Double(progress.bytesTotal)
            var text = "\(progress.pass.rawValue): \(fixed(100 * share, 0)) %"
            guard seconds > 0.5 else { return text }
            text += ", \(fixed(Double(progress.textBytes) / seconds / 1e6, 1)) MB/s"
            text += ", \(grouped(Int(Double(progress.documents) / seconds))) documents/s"
            // Units that an earlier run has done cost nothing, and so say nothing of the rest.
            let done = Double(progress.bytesDone - progress.bytesTakenOver)
            let left = Double(progress.bytesTotal - progress.bytesDone)
            if done > 0, left > 0 { text += ", \(clock(left / done * seconds)) left" }
            return text
        }
    }
}
