import Diagnostics
import Dispatch
import Synchronization

/// Shares numbered tasks out among threads.
///
/// Which thread does which task is left to chance, so tasks must not see each other's results.
struct WorkerPool: Sendable {
    let workers: Int

    init(workers: Int) {
        precondition(workers > 0, "there is at least one worker")
        self.workers = workers
    }

    private struct State {
        var next = 0
        /// What the failed task with the least number threw: the same whatever the number of workers, where tasks fail alike.
        var failure: (task: Int, diagnostic: Diagnostic)?
    }

    /// Runs `body` for every number below `count`, smallest first; `makeState` gives each worker something of its own,
    /// and `end` takes it back.
    ///
    /// After a failure no new task begins; throws the failure of the least number once all workers have stopped.
    func run<Own>(
        count: Int, state makeState: @Sendable () -> Own, end: @Sendable (Own) -> Void = { _ in },
        _ body: @Sendable (_ task: Int, _ own: inout Own) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        guard count > 0 else { return }
        let shared = Mutex(State())
        DispatchQueue.concurrentPerform(iterations: min(workers, count)) { _ in
            var own = makeState()
            while let task = Self.take(shared, below: count) {
                do throws(Diagnostic) {
                    try body(task, &own)
                } catch {
                    shared.withLock { state in
                        if task < state.failure?.task ?? .max { state.failure = (task, error) }
                    }
                }
            }
            end(own)
        }
        if let failure = shared.withLock({ $0.failure }) { throw failure.diagnostic }
    }

    /// The same for tasks that need nothing of their own.
    func run(count: Int, _ body: @Sendable (_ task: Int) throws(Diagnostic) -> Void) throws(Diagnostic) {
        try run(count: count, state: {}) { (task, _) throws(Diagnostic) in try body(task) }
    }

    private static func take(_ shared: borrowing Mutex<State>, below count: Int) -> Int? {
        shared.withLock { state in
            guard state.failure == nil, state.next < count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }
}
