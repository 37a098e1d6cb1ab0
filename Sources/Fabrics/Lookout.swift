import CMPI
import Diagnostics
import Foundation
import Synchronization

/// Watches from a thread of its own whether the run's other processes on this machine, and the launcher, still live.
///
/// MPI's launcher ends a run of which a process was killed, but says neither what was lost nor how to go on, and leaves the others
/// about a second. The lowest-numbered process that still lives says it. A process that means to end says so before
/// (``leave()``, ``fail()``), so that its end is no news.
final class Lookout: Sendable {
    private let host: Int
    private let peers: [PeerProcess]
    private let flag: Int32
    private let launcher = getppid()
    private let say: @Sendable (Diagnostic) -> Void
    private let state = Mutex(State())

    private struct State {
        var hasLeft = false
        var hasFoundALoss = false
        var remedy: String?
        /// What each process has to do in the run, in words.
        var duties: [String] = []
    }

    /// How often it looks, and how long the launcher has to end a process whose run has failed.
    private static let period: UInt32 = 100_000
    private static let grace = Duration.seconds(5)

    /// Watches `peers`; `say` is called at most once, on the thread of this watch.
    init(host: Int, peers: [PeerProcess], flag: Int32, say: @escaping @Sendable (Diagnostic) -> Void) {
        (self.host, self.peers, self.flag, self.say) = (host, peers, flag, say)
    }

    func start() {
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.hasLeft }) {
                look()
                usleep(Self.period)
            }
        }
    }

    /// Whether another process or the launcher has gone.
    var hasFoundALoss: Bool { state.withLock { $0.hasFoundALoss } }

    /// What to tell the user to do when a process has gone.
    func setRemedy(_ remedy: String) { state.withLock { $0.remedy = remedy } }
    func setDuties(_ duties: [String]) { state.withLock { $0.duties = duties } }

    /// This process ends together with the others: nothing is news from now on.
    func leave() {
        serre_flag_set(flag, PeerProcess.Intent.leaving.rawValue)
        state.withLock { $0.hasLeft = true }
    }

    /// This process ends the run, and has said why.
    func fail() {
        serre_flag_set(flag, PeerProcess.Intent.failing.rawValue)
        state.withLock { $0.hasLeft = true }
    }

    private func look() {
        if getppid() != launcher {
            end(
                Diagnostic(
                    "run.launcher-lost", "the launcher of this run (process \(launcher)) has ended before it",
                    remedy: state.withLock { $0.remedy }, kind: .failure))
        }
        guard peers.contains(where: \.hasEnded) else { return }
        state.withLock { $0.hasFoundALoss = true }
        // Those that end at the same time are told together, and the system needs a moment to know how.
        let known = ContinuousClock.now + .milliseconds(300)
        while ContinuousClock.now < known, peers.contains(where: { $0.hasEnded && $0.end == nil }) { usleep(10_000) }
        let ended = peers.filter(\.hasEnded)
        // A process that has failed ends the run itself; only if that does not happen in time, this one ends too.
        guard ended.allSatisfy({ $0.intent == .running }) else { return end(nil) }
        end(
            Diagnostic(
                "run.process-lost", ended.map(words).joined(separator: ", and "), remedy: state.withLock { $0.remedy },
                kind: .failure))
    }

    private func words(_ peer: PeerProcess) -> String {
        let duties = state.withLock { $0.duties }
        let duty = duties.indices.contains(peer.host) ? " with \(duties[peer.host])" : ""
        let how = peer.end.map { " \($0)" } ?? ", most likely by a signal, which the launcher names"
        return "process \(peer.host)\(duty) was ended\(how)"
    }

    /// Says why the run ends, if no process with a lower number does, and ends this process if the launcher does not.
    private func end(_ reason: Diagnostic?) {
        if let reason, peers.allSatisfy({ $0.host > host || $0.hasEnded }) { say(reason) }
        let last = ContinuousClock.now + Self.grace
        while ContinuousClock.now < last {
            if state.withLock({ $0.hasLeft }) { return }
            if reason?.code == "run.launcher-lost" { break }
            usleep(Self.period)
        }
        _exit(1)
    }
}
