import Diagnostics
import Dispatch
import Synchronization

/// Work on a thread of its own, whose result is asked for later.
final class BackgroundTask: Sendable {
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

    /// How far the work is.
    enum State: UInt8 { case working, done, failed }

    var state: State {
        switch result.withLock({ $0 }) {
        case nil: .working
        case .success: .done
        case .failure: .failed
        }
    }

    /// Waits for the end of the work; its result, or what it threw.
    func wait() throws(Diagnostic) -> [UInt8] {
        ended.wait()
        // Whoever asks again need not wait.
        ended.signal()
        return try result.withLock { $0 }?.get() ?? []
    }
}
