import Foundation
import Testing

@testable import Ledger

/// A record of format 1, made when that format was new, stays readable: every field of it.
@Suite struct FormatOneTests {
    private static let folder = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        .path + "/fixtures/records"

    /// A repository that holds the record and nothing else.
    private func fetched() throws -> (GitFixture, Ledger, RunID) {
        let fixture = try GitFixture()
        try fixture.git("init", "-q", "repo", at: "")
        try fixture.git("fetch", "-q", Self.folder + "/format-1.bundle", "refs/serre/*:refs/serre/*")
        let ledger = try fixture.ledger()
        return (fixture, ledger, try ledger.find("latest"))
    }
}
