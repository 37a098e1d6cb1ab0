import Foundation
import Ledger
import Testing

@testable import Replay

@Suite struct ReplayBasisTests {
    private func manifest(_ serre: RecordManifest.Serre) -> RecordManifest {
        var manifest = RecordManifest(
            run: RunID(recipe: "nano", startedAt: Date(timeIntervalSince1970: 0)), recipe: "nano", serre: serre)
        manifest.numerics = "exact-1"
        return manifest
    }

    @Test("The very executable needs no remark")
    func sameExecutable() {
        let serre = RecordManifest.Serre(version: "1", sourceCommit: "abc", sourceDirty: true, executableDigest: "d")
        let basis = ReplayBasis(recorded: manifest(serre), running: serre)
        #expect(basis.relation == .sameExecutable)
        #expect(basis.note == nil)
    }

    @Test("Another build of the same unchanged source is told apart from a source that was changed")
    func sameSource() {
        let clean = RecordManifest.Serre(version: "1", sourceCommit: "abc", sourceDirty: false, executableDigest: "d")
        var other = clean
        other.executableDigest = "e"
        #expect(ReplayBasis(recorded: manifest(clean), running: other).relation == .sameSource)
        other.sourceDirty = true
        #expect(ReplayBasis(recorded: manifest(clean), running: other).relation == .sameContract)
    }

    @Test("Another version goes on under the contract, and says how to get the recorded one")
    func otherVersion() throws {
        let was = RecordManifest.Serre(
            version: "0.1", sourceCommit: "0123456789abcdef", sourceDirty: false, executableDigest: "d")
        let basis = ReplayBasis(
            recorded: manifest(was), running: RecordManifest.Serre(version: "0.2", executableDigest: "e"))
        let note = try #require(basis.note)
        #expect(basis.relation == .sameContract)
        #expect(note.contains("contract exact-1"))
        #expect(note.contains("git checkout 0123456789ab"))
    }
}
