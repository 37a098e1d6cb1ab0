import Diagnostics
import Dispatch
import Training

/// Work beside training under glass: each of its operations on the disk is done when virtual time has come to its end.
///
/// The work has a thread of its own, since it waits in the middle of what it does, but of the two only one ever runs: the
/// rehearsal hands over the turn at fixed places of the run (wherever virtual time passes, and before a fault befalls an
/// instruction) and takes it back when the work waits for its next operation. No order is left to the machine's threads.
final class SimulatedBackground: Background, @unchecked Sendable {
    private unowned let cluster: SimulatedCluster
    /// What has begun and not ended, in the order in which it began.
    private var works: [Work] = []
    /// The work that has the turn.
    private var atWork: Work?
    /// Up to when the work may go on in this turn, in virtual seconds.
    private var horizon = 0.0
    /// Whether the rehearsal has nothing to do but wait for the work that has the turn.
    private var isWaitedFor = false

    init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    func begin(_ body: @escaping @Sendable () throws(Diagnostic) -> [UInt8]) -> any BackgroundWork {
        let work = Work(body, on: self, at: cluster.now)
        works.append(work)
        catchUp(to: cluster.now)
        return work
    }

    var isAtWork: Bool { atWork != nil }

    /// Lets the work go on with what is done by a moment.
    func catchUp(to time: Double) {
        guard !isAtWork else { return }
        horizon = time
        while let next = works.min(by: { $0.due < $1.due }), next.due <= time {
            atWork = next
            next.resume()
            atWork = nil
            works.removeAll { $0.result != nil }
        }
    }

    /// Lets the work at hand wait until `seconds` more of its time are over; called by the work itself.
    func sleep(_ seconds: Double) {
        guard let atWork else { return }
        atWork.due += max(seconds, 0)
        // Two changes of threads for each operation would take longer than all the operations.
        if isWaitedFor, works.count == 1 { return cluster.pass(to: atWork.due) }
        if atWork.due > horizon || works.count > 1 { atWork.pause() }
    }

    /// Lets the oldest work go on for as long as it is the only one, and virtual time with it.
    private func wait(for work: Work) {
        isWaitedFor = true
        defer { isWaitedFor = false }
        cluster.advance(to: work.due)
    }

    /// Lets all work come to its end, for a job that is over: where it is dead, the next operation fails.
    func finish() { while let last = works.map(\.due).max() { catchUp(to: last) } }

    /// One piece of work, and whose turn it is.
    private final class Work: BackgroundWork, @unchecked Sendable {
        private(set) var result: Result<[UInt8], Diagnostic>?
        /// When it can go on, in virtual seconds.
        var due: Double
        private unowned let background: SimulatedBackground
        private let turn = DispatchSemaphore(value: 0)
        private let turnBack = DispatchSemaphore(value: 0)

        init(
            _ body: @escaping @Sendable () throws(Diagnostic) -> [UInt8], on background: SimulatedBackground,
            at now: Double
        ) {
            due = now
            self.background = background
            DispatchQueue(label: "serre.rehearsed-background").async { [self] in
                turn.wait()
                do throws(Diagnostic) { result = .success(try body()) } catch { result = .failure(error) }
                turnBack.signal()
            }
        }

        /// Gives it the turn until it waits or has ended.
        func resume() {
            turn.signal()
            turnBack.wait()
        }

        /// Gives the turn back, and waits for the next.
        func pause() {
            turnBack.signal()
            turn.wait()
        }

        var state: BackgroundState {
            switch result {
            case nil: .working
            case .success: .done
            case .failure: .failed
            }
        }

        func wait() throws(Diagnostic) -> [UInt8] {
            while result == nil { background.wait(for: self) }
            return try result?.get() ?? []
        }
    }
}
