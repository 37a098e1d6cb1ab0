import Diagnostics
import Foundation

/// Why an input gives no more bytes: the caller makes it a skipped input, or stops.
enum InputProblem: Error {
    /// This input alone is at fault.
    case skip(SkippedInput.Reason, String?)
    /// The whole reading must stop: the input is refused, or whoever takes the documents has failed.
    case stop(Diagnostic)

    /// The problem behind a failed system call on a file that was there a moment ago.
    static func system(_ code: Int32) -> InputProblem {
        switch code {
        case ENOENT, ENOTDIR, ESTALE: .skip(.vanished, "it was there when its folder was listed")
        default: .skip(.unreadable, String(cString: strerror(code)))
        }
    }
}

/// Runs a body that may only fail for good, where problems of an input are thrown too.
func stopping<Result>(_ body: () throws(Diagnostic) -> Result) throws(InputProblem) -> Result {
    do throws(Diagnostic) { return try body() } catch { throw .stop(error) }
}
