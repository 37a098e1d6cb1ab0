import Diagnostics
import Dispatch
import Synchronization

/// The verification of large token files on a thread of its own, beside whoever reads them already.
///
/// ```swift
/// let verification = source.beginVerification()
/// for … { try verification?.check(); … }
/// try verification?.end()
/// ```
///
/// Files are read with `read` into a small buffer, at the speed of SHA-256: they take no memory, and reading them warms the
/// system's cache for the reader. It stops when nobody holds it any more.
public final class TokenVerification: Sendable {
    /// Told the bytes that have been read; what it throws ends the reading.
    typealias Progress = (_ bytes: Int) throws(Diagnostic) -> Void

    /// A file, or a pair of files, and how to check it.
    struct File: Sendable {
        var bytes: Int
        var check: @Sendable (_ progress: Progress) throws(Diagnostic) -> Void
    }

    private struct State {
        var bytes = 0
        var failure: Diagnostic?
        var isDone = false
        var isCancelled = false
    }

    /// What the thread shares with this object, which it must not keep alive.
    private final class Shared: Sendable {
        let state = Mutex(State())
        let ended = DispatchSemaphore(value: 0)
    }

    /// The folder or manifest of what is verified.
    public let place: String
    private let total: Int
    private let shared = Shared()

    /// Begins.
    init(_ files: [File], place: String) {
        self.place = place
        total = files.reduce(0) { $0 + $1.bytes }
        DispatchQueue(label: "serre.verification", qos: .utility).async { [shared] in
            var failure: Diagnostic?
            do throws(Diagnostic) {
                for file in files {
                    try file.check { (bytes) throws(Diagnostic) in
                        let goesOn = shared.state.withLock { state in
                            state.bytes += bytes
                            return !state.isCancelled
                        }
                        if !goesOn { throw Diagnostic("tokens.not-verified", "the verification was given up") }
                    }
                }
            } catch {
                failure = Self.late(error)
            }
            shared.state.withLock { state in
                state.failure = failure
                state.isDone = true
            }
            shared.ended.signal()
        }
    }

    /// Says what damage that is found this late means.
    private static func late(_ error: Diagnostic) -> Diagnostic {
        var told = error
        let again = "what was learnt since the run began may come from the damage: begin it again"
        told.remedy = [error.remedy, again].compactMap(\.self).joined(separator: "; ")
        return told
    }

    deinit { shared.state.withLock { $0.isCancelled = true } }

    /// The share of the bytes that has been read, from 0 to 1.
    public var share: Double {
        let bytes = shared.state.withLock { $0.bytes }
        return total == 0 ? 1 : min(1, Double(bytes) / Double(total))
    }

    /// Throws what has been found wrong so far.
    public func check() throws(Diagnostic) {
        if let failure = shared.state.withLock({ $0.failure }) { throw failure }
    }

    /// Waits for the end, but no longer than some seconds, and throws what was found wrong; `false` where it is not done by then.
    public func end(secondsMax: Double = 60) throws(Diagnostic) -> Bool {
        if shared.ended.wait(timeout: .now() + secondsMax) == .success { shared.ended.signal() }
        try check()
        return shared.state.withLock { $0.isDone }
    }
}
