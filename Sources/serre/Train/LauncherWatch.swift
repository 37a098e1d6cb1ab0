import Foundation
import Synchronization

/// Ends mpirun when all processes that it started have gone and it stays.
///
/// Open MPI 4.1's mpirun can wait for itself for ever (in `PMIx_server_finalize`) when one of its processes is killed while
/// it starts: nobody is left who could end it, and a job would wait for its time limit.
final class LauncherWatch: Sendable {
    private let launcher: Int32
    private let state = Mutex(State())

    private struct State {
        var isOver = false
        var wasSeen = false
        var looksAlone = 0
        var hasEndedIt = false
    }

    /// Time between two looks, in microseconds, and for how many looks in a row the launcher may be alone: counted in
    /// looks, so that time in which the whole machine stood still is not taken for its own.
    private static let (pause, patience): (UInt32, Int) = (100_000, 50)

    /// Watches the process `launcher` until `stop()`.
    init(of launcher: Int32) {
        self.launcher = launcher
        Thread.detachNewThread { [self] in
            repeat { usleep(Self.pause) } while look()
        }
    }

    /// Whether the launcher was ended here.
    var hasEndedIt: Bool { state.withLock { $0.hasEndedIt } }

    /// The launcher has ended: its number may soon be another's.
    func stop() { state.withLock { $0.isOver = true } }

    /// Whether there is more to look at.
    private func look() -> Bool {
        let hasChildren = Self.hasLivingChildren(launcher)
        return state.withLock { state in
            guard !state.isOver, let hasChildren else { return false }
            state.looksAlone = hasChildren ? 0 : state.looksAlone + 1
            // Before it has started any it may take as long as it likes.
            state.wasSeen = state.wasSeen || hasChildren
            state.hasEndedIt = state.wasSeen && state.looksAlone >= Self.patience
            if state.hasEndedIt { kill(launcher, SIGKILL) }
            return !state.hasEndedIt
        }
    }

    /// Whether a process has children that have not ended; `nil` where the system does not tell.
    static func hasLivingChildren(_ process: Int32) -> Bool? {
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") else {
            return nil
        }
        var isTold = false
        for thread in threads {
            let path = "/proc/\(process)/task/\(thread)/children"
            guard let children = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            isTold = true
            if children.split(separator: " ").contains(where: isAlive) { return true }
        }
        return isTold ? false : nil
    }

    /// A process that has ended stays as a zombie until it is asked about.
    private static func isAlive(_ process: Substring) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")"), let letter = text[end...].split(separator: " ").dropFirst().first
        else { return false }
        return letter != "Z" && letter != "X"
    }
}
