import Diagnostics
import Foundation
import Integrity
import Ledger

/// The Serre that runs: version, source commit where the executable lies in its source tree, and executable digest.
enum SerreIdentity {
    static func current() throws(Diagnostic) -> RecordManifest.Serre {
        let source = try source()
        return RecordManifest.Serre(
            version: SerreVersion.text, sourceCommit: source?.commit, sourceDirty: source?.dirty,
            executableDigest: FileManager.default.contents(atPath: executable).map {
                SHA256.digest(of: $0).description
            })
    }

    /// The source tree that the executable lies in, and its commit; `nil` where it lies elsewhere.
    static func source() throws(Diagnostic) -> SourceIdentity? {
        guard executable.contains("/.build/") else { return nil }
        return try SourceIdentity.of(folder: URL(fileURLWithPath: executable).deletingLastPathComponent().path)
    }

    private static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
