import Diagnostics
import Dispatch
import Synchronization

/// Where a run's work beside training is done: whoever writes its checkpoints while training goes on.
///
/// On a machine that is ``BackgroundThreads``; under glass the work has its turns in virtual time.
public protocol Background: Sendable {
    /// Begins some work, whose result is asked for later.
    func begin(_ body: @escaping @Sendable () throws(Diagnostic) -> [UInt8]) -> any BackgroundWork
}

/// Work beside training that has begun.
public protocol BackgroundWork: Sendable {
    var state: BackgroundState { get }
    /// Waits for the end of the work; its result, or what it threw.
    func wait() throws(Diagnostic) -> [UInt8]
}

/// How far work beside training is; the number is what hosts tell each other.
public enum BackgroundState: UInt8, Sendable { case working, done, failed }

/// Work beside training on threads of the machine, each piece on one of its own.
public struct BackgroundThreads: Background {
    public init() {}

    public func begin(_ body: @escaping @Sendable () throws(Diagnostic) -> [UInt8]) -> any BackgroundWork {
        BackgroundTask(body)
    }
}

/// Work on a thread of its own, whose result is asked for later.
final class BackgroundTask: BackgroundWork {
    private let result = Mutex<Result<[UInt8], Diagnostic>?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the work.
    init(_ body: @escaping @Sendable () throws(Diagnostic) -> [UInt8]) {
        DispatchQueue(label: "serre.background").async { [self] in
            let found: Result<[UInt8], Diagnostic>
            do throws(Diagnostic) { found = .success(try body()) } catch { found = .failure(error) }
            result.withLock { $0 = found }
            ended.signal()
        }
    }

    var state: BackgroundState {
        switch result.withLock({ $0 }) {
        case nil: .working
        case .success: .done
        case .failure: .failed
        }
    }

    func wait() throws(Diagnostic) -> [UInt8] {
        ended.wait()
        // Whoever asks again need not wait.
        ended.signal()
        return try result.withLock { $0 }?.get() ?? []
    }
}
