import Foundation
import Storage

/// The progress line of a transfer: files, bytes, rate and time left.
final class TransferLine {
    private let verb: String
    private let began = ContinuousClock.now
    private var printed = ContinuousClock.now - .seconds(1)

    init(_ verb: String) { self.verb = verb }

    func show(_ progress: TransferProgress) {
        let now = ContinuousClock.now
        guard Console.showsProgress, now - printed > .milliseconds(100) else { return }
        printed = now
        let seconds = Double((now - began) / .nanoseconds(1)) * 1e-9
        let rate = Double(progress.bytes) / max(seconds, 1e-9)
        var text =
            "\(verb) \(progress.files)/\(progress.filesWhole) files  \(bytesText(progress.bytes))/"
            + "\(bytesText(max(progress.bytesWhole, progress.bytes)))  \(bytesText(Int(rate)))/s"
        if rate > 0, progress.bytesWhole > progress.bytes {
            text += "  ETA \(clock(Double(progress.bytesWhole - progress.bytes) / rate))"
        }
        Console.progress(text)
    }
}

/// The last line of `store push --json` and `store pull --json`.
struct TransferResult: Encodable {
    var run: String
    var copied, copiedBytes, present: Int

    init(_ run: String, _ summary: TransferSummary) {
        self.run = run
        (copied, copiedBytes, present) = (summary.copied, summary.copiedBytes, summary.present)
    }

    enum CodingKeys: String, CodingKey {
        case run, copied, present
        case copiedBytes = "copied_bytes"
    }
}
