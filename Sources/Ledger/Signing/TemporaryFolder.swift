import Diagnostics
import Foundation

/// A folder that only this user can read, removed with everything in it when it is let go of.
final class TemporaryFolder {
    let path: String

    init() throws(Diagnostic) {
        path = NSTemporaryDirectory() + "serre-" + UUID().uuidString
        guard mkdir(path, 0o700) == 0 else { throw failure }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Why a file here cannot be made.
    var failure: Diagnostic {
        Diagnostic(
            "ledger.temporary", "a temporary file cannot be written: \(String(cString: strerror(errno)))",
            at: .init(file: path), remedy: "free some space there, or name another folder with TMPDIR",
            kind: .failure)
    }
}
