import Diagnostics
import Foundation
import Testing

@testable import Ledger

@Suite struct RecordTests {
    private func later(_ seconds: Int) -> Date { start.addingTimeInterval(TimeInterval(seconds)) }

    /// A run with every kind of event, in a repository with one commit.
    private func wholeRun(_ fixture: GitFixture) throws -> (Ledger, RunID) {
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        var manifest = nanoManifest()
        manifest.layout = ["tensor": 2, "data": 1]
        manifest.stepsPlanned = 120
        let files = [
            RecordFile(path: "recipe.yaml", text: "name: nano\n"), RecordFile(path: "data/manifest.json", text: "{}\n"),
        ]
        let run = try ledger.begin(manifest, files: files, at: later(0)).run
        let first = RecordFile.metrics(steps: 1...50, lines: ["{\"step\":1}", "{\"step\":2}"])
        let second = RecordFile.metrics(steps: 51...120, lines: ["{\"step\":51}"])
        let events = [
            RunEvent(.segment, step: 50, files: [first]),
            RunEvent(.checkpoint, step: 50, digest: "sha256:aa"),
            RunEvent(.segment, step: 120, files: [second]),
            RunEvent(.evaluation, step: 120, files: [RecordFile(path: "evaluation/000120.json", text: "{}")]),
            RunEvent(.end, step: 120, digest: "sha256:bb"),
        ]
        for (position, event) in events.enumerated() {
            _ = try ledger.append(event, to: run, at: later(position + 1))
        }
        return (ledger, run)
    }

    @Test func comesBackWhole() throws {
        let fixture = try GitFixture()
        let (ledger, run) = try wholeRun(fixture)
        let record = try ledger.read(run)
        #expect(record.events.map(\.kind) == [.start, .segment, .checkpoint, .segment, .evaluation, .end])
        #expect(record.events.map(\.step) == [0, 50, 50, 120, 120, 120])
        #expect(record.events.map(\.time) == (0...5).map(later))
        #expect(record.events.last?.outcome == .finished)
        #expect(record.events[2].message == "checkpoint at step 50")
        #expect(
            record.files.map(\.path) == [
                "data/manifest.json", "evaluation/000120.json", "metrics/000000/000001-000050.jsonl",
                "metrics/000000/000051-000120.jsonl", "recipe.yaml", "record.json", "snapshot.json",
            ])
        #expect(record.files.first { $0.path == "recipe.yaml" }?.bytes == 11)
        #expect(record.manifest.layout == ["tensor": 2, "data": 1])
        #expect(record.manifest.started == "2026-11-23T21:45:01Z")
        #expect(record.codeTree == (try fixture.git("rev-parse", "HEAD^{tree}")))
        #expect(record.snapshot.dirty == false)
        #expect(record.snapshot.branch == "main")
        #expect(record.snapshot.head == (try fixture.git("rev-parse", "HEAD")))
        #expect(try ledger.metrics(run) == ["{\"step\":1}", "{\"step\":2}", "{\"step\":51}"])
        #expect(try ledger.file(run, "recipe.yaml") == Array("name: nano\n".utf8))
        #expect(try ledger.file(run, "code/a.txt") == Array("one\n".utf8))
        #expect(try ledger.file(run, "nothing.txt") == nil)
        #expect(try ledger.file(run, "code") == nil)
        #expect(record.summary == (try ledger.runs()).first)
        #expect(record.summary.state == .finished)
        #expect(record.summary.steps == 120)
        #expect(record.summary.digest == "sha256:bb")
        #expect(record.summary.started == start)
        #expect(record.summary.updated == later(5))
        #expect(record.events.last?.commit == record.summary.tip)
    }

    @Test func gitCanReadAndKeepIt() throws {
        let fixture = try GitFixture()
        let (ledger, run) = try wholeRun(fixture)
        let before = try ledger.read(run)
        let log = try fixture.git("log", "--format=%s|%an|%ct", "refs/serre/runs/\(run)").split(separator: "\n")
        #expect(log.count == 6)
        #expect(log.first?.hasPrefix("serre run \(run): finished at step 120|Serre|") == true, "\(log)")
        #expect(
            try fixture.git("log", "-1", "--format=%(trailers:key=Serre-Event,valueonly)", "refs/serre/runs/\(run)")
                == "end\n")
        #expect(try fixture.git("fsck", "--strict", "--full").isEmpty)
        try fixture.git("gc", "-q", "--prune=now")
        try fixture.git("pack-refs", "--all", "--prune")
        #expect(try fixture.git("fsck", "--strict", "--full").isEmpty)
        #expect(try ledger.read(run).events == before.events)
        let again = try fixture.ledger()
        #expect(try again.read(run).files == before.files)
        _ = try again.append(RunEvent(.resume, step: 120), to: run, at: later(9))
        #expect(try ledger.read(run).events.count == 7)
        #expect(try ledger.runs().map(\.state) == [.running])
    }

    @Test func isTheSameCommitForTheSameRun() throws {
        let commits = try (0..<2).map { _ in
            let fixture = try GitFixture()
            try fixture.git("init", "-q", "repo", at: "")
            return try fixture.ledger().begin(nanoManifest(), at: start).commit
        }
        #expect(commits[0] == commits[1])
    }

    @Test func takesTheConfiguredIdentity() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("config", "user.name", "Ada")
        try fixture.git("config", "user.email", "ada@example.org")
        let commit = try fixture.ledger().begin(nanoManifest(), at: start).commit
        #expect(
            try fixture.git("log", "-1", "--format=%an <%ae> %ad", "--date=raw", commit).hasPrefix(
                "Ada <ada@example.org> 1795470301 +0000"))
    }

    @Test func takesTheNextFreeID() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let runs = try (0..<3).map { _ in try ledger.begin(nanoManifest(suffix: 0xffff), at: start).run }
        #expect(runs.map { $0.text.suffix(4) } == ["ffff", "0000", "0001"])
        #expect(try ledger.read(runs[1]).manifest.run == runs[1].text)
        #expect(try ledger.runs().map(\.run) == runs.sorted())
    }

    @Test func findsRuns() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        #expect(try ledger.latestRun() == nil)
        #expect(try ledger.runs().isEmpty)
        let first = try ledger.begin(nanoManifest(suffix: 0xaaaa), at: start).run
        let second = try ledger.begin(nanoManifest(suffix: 0xabbb), at: start).run
        #expect(try ledger.latestRun() == second)
        #expect(try ledger.find("latest") == second)
        #expect(try ledger.find("aaaa") == first)
        #expect(try ledger.find(second.text) == second)
        #expect(throws: Diagnostic.self) { try ledger.find("nano") }
        let missing = #expect(throws: Diagnostic.self) { try ledger.find("20261123-214501-nano-abbc") }
        #expect(missing?.remedy == "did you mean \(second)?")
        #expect(missing?.exitStatus == 2)
        let unknown = RunID(recipe: "other", startedAt: start, suffix: 1)
        #expect(throws: Diagnostic.self) { try ledger.read(unknown) }
        #expect(throws: Diagnostic.self) { try ledger.append(RunEvent(.end), to: unknown, at: start) }
    }

    @Test(arguments: [
        "", "/a", "a//b", "a/", "../a", "a/../b", "./a", ".git/config", "a/.GIT/b", "code/x", "code", "snapshot.json",
        "record.json",
    ])
    func refusesOtherPaths(path: String) throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        let event = RunEvent(.segment, files: [RecordFile(path: path, text: "x")])
        let error = try #require(#expect(throws: Diagnostic.self) { try ledger.append(event, to: run, at: start) })
        #expect(error.code == "ledger.file-path")
        #expect(throws: error) { try ledger.begin(nanoManifest(suffix: 1), files: event.files, at: start) }
        #expect(try ledger.runs().count == 1)
        #expect(try ledger.read(run).events.count == 1)
    }

    @Test func listsWhatItCannotRead() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let good = try ledger.begin(nanoManifest(suffix: 1), at: start).run
        let foreign = RunID(recipe: "nano", startedAt: start, suffix: 2)
        try fixture.git("update-ref", "refs/serre/runs/\(foreign)", "HEAD")
        let newer = RunID(recipe: "nano", startedAt: start, suffix: 3)
        let message = "serre run \(newer): start\n\nSerre-Run: \(newer)\nSerre-Event: start\nSerre-Format: 2\n"
        let commit = try fixture.git("commit-tree", "HEAD^{tree}", "-m", message)
        try fixture.git("update-ref", "refs/serre/runs/\(newer)", commit)
        try fixture.git("update-ref", "refs/serre/runs/not-a-run", "HEAD")
        let runs = try ledger.runs()
        #expect(runs.map(\.run) == [good, foreign, newer])
        #expect(runs.map(\.state) == [.running, .unreadable, .unreadable])
        #expect(runs[1].problem?.contains("lacks the Serre trailers") == true)
        #expect(runs[2].problem?.contains("newer Serre") == true)
        #expect(throws: Diagnostic.self) { try ledger.append(RunEvent(.end), to: newer, at: start) }
    }

    @Test func holdsTheEnvironmentWithoutSecrets() throws {
        setenv("SERRE_LEDGER_SECRET", "password", 1)
        setenv("SLURM_JOB_ID", "1234", 1)
        let environment = RunEnvironment.current()
        #expect(environment.process == Int(getpid()))
        #expect(environment.host == ProcessInfo.processInfo.hostName)
        #expect(environment.variables["SLURM_JOB_ID"] == "1234")
        #expect(environment.libraries["libgit2"]?.isEmpty == false)
        let file = try environment.recordFile()
        #expect(!String(decoding: file.content, as: UTF8.self).contains("password"))
        #expect(try RecordJSON.decode(RunEnvironment.self, from: file.content, path: file.path) == environment)
    }
}
