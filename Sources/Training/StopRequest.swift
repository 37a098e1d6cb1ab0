import Diagnostics
import Dispatch
import Fabrics
import Foundation
import Synchronization

/// Why a run ends before its last step.
public enum StopReason: String, Sendable {
    case signal, stopFile = "stop file", timeLimit = "time limit", killSwitch = "kill-switch"
}

/// Hears Ctrl-C, SIGTERM and SIGUSR1, and watches for a `stop` file, a kill-switch and a time limit, so that the run can finish
/// its step and save.
///
/// A `stop` file asks once and is removed; a kill-switch holds for every run that watches it until whoever made it removes it.
///
/// The hosts agree after every step, so that all stop at the same one, whichever has heard a signal. A second Ctrl-C ends the process at
/// once. Signals that come when this value is gone are ignored, since little is left to do by then.
///
/// Under mpirun use SIGUSR1 or the file: mpirun kills its children a second after SIGTERM.
public final class StopRequest {
    private let sources: [any DispatchSourceSignal]
    private let counter: SignalCounter
    private let stopFile: String?
    private let killSwitch: String?
    private var limit: TimeLimit?

    /// Starts to listen; `stopFile` and `killSwitch` are paths whose existence asks the run to stop. Only the lead looks for
    /// them, and only its `limit` counts.
    ///
    /// `heard` is told of the first signal, on another thread.
    public init(
        stopFile: String?, killSwitch: String? = nil, limit: TimeLimit? = nil,
        heard: @escaping @Sendable (_ signal: Int32) -> Void = { _ in }
    ) {
        self.stopFile = stopFile
        self.killSwitch = killSwitch
        self.limit = limit
        let counter = SignalCounter()
        // Sources begin to listen a moment after `resume()`. Dispatch then has its own handler of the signal, which it
        // installs once per process: `signal()` here or at the end would make a later request deaf.
        let listening = DispatchGroup()
        sources = [SIGINT, SIGTERM, SIGUSR1].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                switch counter.increment() {
                case 1: heard(number)
                default: if number == SIGINT { _exit(130) }
                }
            }
            listening.enter()
            source.setRegistrationHandler { listening.leave() }
            source.resume()
            return source
        }
        listening.wait()
        self.counter = counter
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The reason to stop now, agreed by all hosts; every host calls it after every step. Removes the stop file.
    ///
    /// `saveSeconds` is how long a save is known to take.
    public func agreed(over fabric: any Fabric, saveSeconds: Double = 0) throws(Diagnostic) -> StopReason? {
        var mine: UInt8 = 0
        if fabric.host == 0 {
            if limit?.isReached(saveSeconds: saveSeconds) == true { mine = 3 }
            if let stopFile, FileManager.default.fileExists(atPath: stopFile) {
                mine = 2
                // The request is answered: left there, it would stop the resumed run too.
                try? FileManager.default.removeItem(atPath: stopFile)
            }
            if let killSwitch, FileManager.default.fileExists(atPath: killSwitch) { mine = 4 }
        }
        if counter.count > 0, mine != 2, mine != 4 { mine = 1 }
        let all = try fabric.gatherFromHosts([mine])
        switch all.first(where: { $0 != [0] })?.first {
        case 1?: return .signal
        case 2?: return .stopFile
        case 3?: return .timeLimit
        case 4?: return .killSwitch
        default: return nil
        }
    }
}

/// Counts signals across threads.
private final class SignalCounter: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func increment() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}
