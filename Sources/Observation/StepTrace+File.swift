import Diagnostics
import Integrity

extension StepTrace {
    /// Writes the trace to `path`, piece by piece and all or nothing; returns the number of events.
    @discardableResult
    public func write(to path: String) throws(Diagnostic) -> Int {
        var count = 0
        try AtomicFile.write(to: path) { (append) throws(Diagnostic) in
            var text = TraceText()
            func flush(over limit: Int) throws(Diagnostic) {
                guard text.bytes.count > limit else { return }
                var failure: Diagnostic?
                text.bytes.withUnsafeBytes { bytes in
                    do throws(Diagnostic) { try append(bytes) } catch { failure = error }
                }
                if let failure { throw failure }
                text.removeAll()
            }
            text.raw("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"title\":")
            text.string(title)
            text.raw(
                ",\"seconds\":\"\(recording.timing.seconds)\",\"detail\":\"\(detail.rawValue)\"},\"traceEvents\":[\n")
            try forEachEvent { (event) throws(Diagnostic) in
                if count > 0 { text.raw(",\n") }
                event.append(to: &text)
                count += 1
                try flush(over: 1 << 18)
            }
            text.raw("\n]}\n")
            try flush(over: 0)
        }
        return count
    }
}
