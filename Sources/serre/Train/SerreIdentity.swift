import Diagnostics
import Foundation
import Integrity
import Ledger

/// The Serre that runs: version, source commit where the executable lies in its source tree, and executable digest.
enum SerreIdentity {
    static func current() throws(Diagnostic) -> RecordManifest.Serre {
        let executable =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
        let folder = URL(fileURLWithPath: executable).deletingLastPathComponent().path
        let source = executable.contains("/.build/") ? try SourceIdentity.of(folder: folder) : nil
        return RecordManifest.Serre(
            version: SerreVersion.text, sourceCommit: source?.commit, sourceDirty: source?.dirty,
            executableDigest: FileManager.default.contents(atPath: executable).map {
                SHA256.digest(of: $0).description
            })
    }
}
