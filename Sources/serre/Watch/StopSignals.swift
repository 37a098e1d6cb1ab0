import Dispatch
import Foundation

/// Ctrl-C and SIGTERM as something to wait for.
final class StopSignals {
    private let heard = DispatchSemaphore(value: 0)
    private let sources: [any DispatchSourceSignal]

    init() {
        let heard = heard
        let listening = DispatchGroup()
        sources = [SIGINT, SIGTERM].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { heard.signal() }
            listening.enter()
            source.setRegistrationHandler { listening.leave() }
            source.resume()
            return source
        }
        listening.wait()
    }

    deinit { for source in sources { source.cancel() } }

    /// Waits so long; true as soon as a signal has come.
    func wait(seconds: Double) -> Bool { heard.wait(timeout: .now() + seconds) == .success }
}
