import Diagnostics
import Foundation
import Synchronization

/// Ends a soak that a seed does not let come to an end: an endless loop would else say nothing.
final class SoakWatch: Sendable {
    private let limitSeconds: Double
    private let began = Mutex<[Int: (seed: UInt64, at: ContinuousClock.Instant)]>([:])

    init(limitSeconds: Double) { self.limitSeconds = limitSeconds }

    /// A thread takes up a seed.
    func begin(_ thread: Int, _ seed: UInt64) { began.withLock { $0[thread] = (seed, .now) } }

    /// All is done.
    func end() { began.withLock { $0 = [:] } }

    /// The seed that has taken longer than the limit, the lowest of several.
    func overdue(at now: ContinuousClock.Instant = .now) -> UInt64? {
        began.withLock { began in
            began.values.filter { now - $0.at > .seconds(limitSeconds) }.map(\.seed).min()
        }
    }

    /// Gives every seed more time: the process has stood still.
    func postpone(by time: Duration) { began.withLock { $0 = $0.mapValues { ($0.seed, $0.at + time) } } }

    /// Looks now and then, on a thread of its own; `tell` says what is to be said before the process ends.
    ///
    /// Time in which the whole process stood still (SIGSTOP, a machine asleep) does not count.
    func start(_ tell: @escaping @Sendable (UInt64) -> Void) {
        Thread.detachNewThread { [self] in
            let pause = min(limitSeconds / 4, 1)
            var last = ContinuousClock.now
            while true {
                let standstill = ContinuousClock.now - last - .seconds(pause)
                last = .now
                if standstill > .seconds(1) { postpone(by: standstill) }
                if let seed = overdue() {
                    tell(seed)
                    exit(1)
                }
                Thread.sleep(forTimeInterval: pause)
            }
        }
    }
}
