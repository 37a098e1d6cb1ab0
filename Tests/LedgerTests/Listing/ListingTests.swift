import CGit2
import Diagnostics
import Foundation
import Testing

@testable import Ledger

@Suite struct ListingTests {
    /// Five runs of two recipes in several states, a minute apart.
    private func someRuns(_ fixture: GitFixture) throws -> (Ledger, [RunID]) {
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let outcomes: [RunOutcome?] = [.finished, .failed, nil, .interrupted, .finished]
        var runs = [RunID]()
        for (position, outcome) in outcomes.enumerated() {
            let begun = start.addingTimeInterval(TimeInterval(60 * position))
            let recipe = position % 2 == 0 ? "nano" : "demo"
            var manifest = RecordManifest(
                run: RunID(recipe: recipe, startedAt: begun, suffix: UInt16(position)), recipe: recipe,
                serre: .init(version: "0.1.0"))
            manifest.stepsPlanned = position == 0 ? nil : 10 * position
            let run = try ledger.begin(manifest, at: begun).run
            if let outcome {
                let end = RunEvent(
                    .end, step: 10 + position, digest: "sha256:0\(position)", outcome: outcome,
                    message: "over\nSerre-State: running")
                _ = try ledger.append(end, to: run, at: begun.addingTimeInterval(9))
            }
            runs.append(run)
        }
        return (ledger, runs)
    }

    @Test func saysWhatTheWholeRecordSays() throws {
        let fixture = try GitFixture()
        let (ledger, runs) = try someRuns(fixture)
        let whole = try runs.map { try ledger.read($0).summary }
        #expect(try ledger.runs() == whole)
        #expect(whole.map(\.state) == [.finished, .failed, .running, .interrupted, .finished])
        #expect(whole.map(\.steps) == [10, 11, 0, 13, 14])
        #expect(whole.map(\.stepsPlanned) == [nil, 10, 20, 30, 40])
        try fixture.git("pack-refs", "--all", "--prune")
        try fixture.git("gc", "-q", "--prune=now")
        #expect(try fixture.ledger().runs() == whole)
    }

    @Test func keepsWhatTheFilterAsksFor() throws {
        let fixture = try GitFixture()
        let (ledger, runs) = try someRuns(fixture)
        func listed(_ filter: RunFilter) throws -> [Int] {
            try ledger.runs(filter).map { run in try #require(runs.firstIndex(of: run.run)) }
        }
        #expect(try listed(RunFilter()) == [0, 1, 2, 3, 4])
        #expect(try listed(RunFilter(limit: 2)) == [3, 4])
        #expect(try listed(RunFilter(limit: 0)).isEmpty)
        #expect(try listed(RunFilter(states: [.finished])) == [0, 4])
        #expect(try listed(RunFilter(states: [.finished], limit: 1)) == [4])
        #expect(try listed(RunFilter(states: [.running, .failed])) == [1, 2])
        #expect(try listed(RunFilter(recipe: "demo")) == [1, 3])
        #expect(try listed(RunFilter(recipe: "de")).isEmpty)
        #expect(try listed(RunFilter(states: [.failed], recipe: "nano")).isEmpty)
    }

    @Test func aReferenceWithoutItsCommitIsListedWithTheReason() throws {
        let fixture = try GitFixture()
        let (ledger, runs) = try someRuns(fixture)
        let missing = String(repeating: "12", count: 20)
        try fixture.write(missing + "\n", to: "repo/.git/refs/serre/runs/\(runs[1])")
        let listed = try ledger.runs()
        #expect(listed.map(\.state) == [.finished, .unreadable, .running, .interrupted, .finished])
        #expect(listed[1].problem?.contains(missing) == true, "\(listed[1])")
        #expect(listed[1].run == runs[1])
    }

    /// The reader for lists and the reader for records must not part over any message.
    @Test(arguments: [
        "t\n\nSerre-Run: r\nSerre-Event: end\nSerre-Format: 1\nSerre-Last-Step: 7\nSerre-State: failed\n",
        "t\n\nSerre-Run: r\nSerre-Event: end\nSerre-Format: 1\nSerre-State: failed\nSerre-State: running\n\n\n",
        "t\n\nSerre-State: failed\n\nSerre-Run: r\nSerre-Event: end\nSerre-Format: 1\nSerre-Recipe: a: b\n",
        "t\n\nSerre-Run: r\nSerre-Event: end\n", "t\n", "", "Serre-Run: r\nSerre-Event: e\nSerre-Format: 1",
        "t\n\nSerre-Run:r\nSerre-Event:x\nSerre-Format:   2\nSerre-Last-Digest:\nOther: 1\nSerre-Odd\n",
        "t\n\nSerre-Run: é\nSerre-Event: end\nSerre-Format: one\nSerre-State: nonsense\n",
    ])
    func readsMessagesAsTheOtherReaderDoes(message: String) {
        let raw = Array("tree 1\nauthor A <a@b> 5 +0000\ncommitter A B <a@b> 17 +0100\n\n\(message)".utf8)
        let tip = raw.withUnsafeBytes { RecordTip(rawCommit: $0) }
        let read = RecordMessage(parsing: message)
        #expect(tip?.progress == read?.progress)
        #expect(tip?.format == read?.format)
        #expect(tip == nil || tip?.seconds == 17)
    }
}
