import Diagnostics
import Foundation
import Testing

@testable import Ledger

/// The lock of a run's reference: waited for while somebody holds it, removed when nobody does.
@Suite struct LockTests {
    @Test func ofADeadProcessIsRemoved() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        try fixture.write("4b825dc6", to: "repo/.git/refs/serre/runs/\(run).lock")
        ledger.staleLockSeconds = 0.02
        _ = try ledger.append(RunEvent(.end), to: run, at: start)
        #expect(try ledger.read(run).summary.state == .finished)
        #expect(!FileManager.default.fileExists(atPath: "\(fixture.root)/repo/.git/refs/serre/runs/\(run).lock"))
    }

    @Test func thatIsTakenAgainAndAgainIsNamedAndKept() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        let lock = ".git/refs/serre/runs/\(run).lock"
        try fixture.write("", to: "repo/\(lock)")
        ledger.lockPatienceSeconds = 0.02
        ledger.staleLockSeconds = 10
        let error = #expect(throws: Diagnostic.self) { try ledger.append(RunEvent(.end), to: run, at: start) }
        #expect(error?.code == "ledger.locked")
        #expect(error?.location?.file == "\(fixture.root)/repo/\(lock)")
        #expect(FileManager.default.fileExists(atPath: "\(fixture.root)/repo/\(lock)"))
        try fixture.remove("repo/\(lock)")
        _ = try ledger.append(RunEvent(.end), to: run, at: start)
        #expect(try ledger.read(run).summary.state == .finished)
    }

    @Test func isOneFileUntilItIsWritten() throws {
        let fixture = try GitFixture()
        let path = fixture.root + "/lock"
        var lock = ReferenceLock(path: path)
        func hasStood(_ seconds: Double) -> Bool { lock.hasStood(for: seconds) }
        #expect(!hasStood(0), "there is none")
        try fixture.write("a", to: "lock")
        #expect(!hasStood(0), "seen for the first time")
        #expect(hasStood(0))
        #expect(!hasStood(60))
        usleep(20_000)
        try fixture.write("b", to: "lock")
        #expect(!hasStood(0), "somebody has written it")
        usleep(20_000)
        try fixture.remove("lock")
        try fixture.write("c", to: "lock")
        lock.removeIfUnchanged(holding: fixture.root)
        #expect(FileManager.default.fileExists(atPath: path), "it is another file by now")
        _ = lock.hasStood(for: 0)
        lock.removeIfUnchanged(holding: fixture.root)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
