import Diagnostics
import Foundation
import Testing

@testable import Ledger

@Suite struct RepositoryTests {
    /// A run from start to end in the repository that encloses a folder.
    @discardableResult
    private func record(_ fixture: GitFixture, in folder: String) throws -> RunRecord {
        let ledger = try fixture.ledger(folder)
        try ledger.checkWritable()
        let run = try ledger.begin(nanoManifest(), at: start).run
        _ = try ledger.append(RunEvent(.end, step: 5), to: run, at: start)
        try fixture.git("fsck", "--strict", at: folder)
        return try ledger.read(run)
    }

    @Test(arguments: [SnapshotPolicy.tracked, .all])
    func leavesTheUsersRepositoryAlone(policy: SnapshotPolicy) throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        for hook in ["pre-commit", "post-commit", "reference-transaction", "post-index-change", "commit-msg"] {
            try fixture.write(
                "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\n", to: "repo/.git/hooks/\(hook)", executable: true)
        }
        try fixture.write("changed\n", to: "repo/a.txt")
        // The same content at another time: a comparison that refreshed the index would write it.
        try fixture.write("two\n", to: "repo/b.txt")
        try fixture.write("staged\n", to: "repo/staged.txt")
        try fixture.git("add", "staged.txt")
        try fixture.write("untracked\n", to: "repo/untracked.txt")
        try fixture.write("*.secret\n", to: "repo/.serreignore")
        try? FileManager.default.removeItem(atPath: "\(fixture.root)/repo/.git/hooks/ran")
        let before = try fixture.listing()
        let ledger = try fixture.ledger()
        try ledger.checkWritable()
        #expect(try fixture.listing() == before)
        let run = try ledger.begin(nanoManifest(), snapshot: policy, at: start).run
        for step in 1...5 { _ = try ledger.append(RunEvent(.segment, step: step), to: run, at: start) }
        _ = try ledger.append(RunEvent(.end), to: run, at: start)
        _ = try ledger.read(run)
        _ = try ledger.runs()
        _ = try SourceIdentity.of(folder: "\(fixture.root)/repo")
        #expect(try fixture.listing() == before)
        #expect(try fixture.git("for-each-ref", "--format=%(refname)") == "refs/heads/main\nrefs/serre/runs/\(run)")
    }

    @Test func isFoundFromInside() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        #expect(
            try Ledger.open(enclosing: "\(fixture.root)/repo/src/deep")?.repositoryPath == "\(fixture.root)/repo/.git/")
        #expect(
            try Ledger.open(enclosing: "\(fixture.root)/repo/not/yet/there")?.workTreePath == "\(fixture.root)/repo/")
        #expect(try Ledger.open(enclosing: "\(fixture.root)/repo/a.txt") != nil)
        #expect(try Ledger.open(enclosing: fixture.root) == nil)
        #expect(try Ledger.open(enclosing: "/nowhere/at/all") == nil)
    }

    @Test func worksWithoutCommits() throws {
        let fixture = try GitFixture()
        try fixture.git("init", "-q", "-b", "main", "repo", at: "")
        try fixture.write("x\n", to: "repo/x")
        var record = try record(fixture, in: "repo")
        #expect(record.snapshot.head == nil)
        #expect(record.snapshot.branch == "main")
        #expect(record.codeTree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        try fixture.git("add", "x")
        record = try self.record(fixture, in: "repo")
        #expect(record.codeTree == (try fixture.git("write-tree")))
        #expect(record.snapshot.dirty == true)
    }

    @Test func worksBare() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("clone", "-q", "--bare", "repo", "bare.git", at: "")
        let record = try record(fixture, in: "bare.git")
        #expect(record.codeTree == nil)
        #expect(record.snapshot.absent?.contains("bare") == true)
        #expect(record.snapshot.head == (try fixture.git("rev-parse", "HEAD")))
    }

    @Test func worksInWorktrees() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("worktree", "add", "-q", "../second", "-b", "side")
        try fixture.write("changed\n", to: "second/a.txt")
        let record = try record(fixture, in: "second")
        #expect(record.snapshot.branch == "side")
        #expect(record.snapshot.dirty == true)
        #expect(
            try fixture.ledger().runs().map(\.run) == [record.summary.run], "runs are shared with the main work tree")
    }

    @Test func worksInSubmodules() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository(named: "library")
        try fixture.makeRepository()
        try fixture.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "lib")
        let record = try record(fixture, in: "repo/lib")
        #expect(record.codeTree == (try fixture.git("rev-parse", "HEAD^{tree}", at: "library")))
        #expect(try fixture.ledger().runs().isEmpty)
    }

    @Test func worksInShallowAndPartialClones() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.write("second\n", to: "repo/a.txt")
        try fixture.git("commit", "-q", "-am", "second")
        try fixture.git("config", "uploadpack.allowFilter", "true")
        let source = "file://\(fixture.root)/repo"
        try fixture.git("clone", "-q", "--depth=1", source, "shallow", at: "")
        try fixture.git("clone", "-q", "--filter=blob:none", source, "partial", at: "")
        for clone in ["shallow", "partial"] {
            #expect(try record(fixture, in: clone).snapshot.dirty == false, "\(clone)")
        }
    }

    @Test func worksDetachedAndWithPackedReferences() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("checkout", "-q", "--detach")
        try fixture.git("config", "core.logAllRefUpdates", "always")
        let record = try record(fixture, in: "repo")
        #expect(record.snapshot.branch == nil)
        #expect(record.snapshot.head != nil)
    }

    @Test func makesOneInTheRunFolder() throws {
        let fixture = try GitFixture()
        let folder = "\(fixture.root)/runs/one"
        let ledger = try Ledger.create(at: folder)
        let run = try ledger.begin(nanoManifest(), at: start).run
        #expect(try Ledger.create(at: folder).runs().map(\.run) == [run])
        #expect(try Ledger.open(enclosing: folder)?.repositoryPath == ledger.repositoryPath)
        #expect(
            try fixture.git("log", "--format=%s", "refs/serre/runs/\(run)", at: "runs/one") == "serre run \(run): start"
        )
        try fixture.write("", to: "file")
        let error = #expect(throws: Diagnostic.self) { try Ledger.create(at: "\(fixture.root)/file/below") }
        #expect(error?.code == "ledger.create")
    }

    @Test func refusesOtherObjectNames() throws {
        let fixture = try GitFixture()
        try fixture.git("init", "-q", "--object-format=sha256", "repo", at: "")
        let error = #expect(throws: Diagnostic.self) { try fixture.ledger() }
        #expect(error?.code == "ledger.object-format")
        #expect(error?.exitStatus == 2)
        #expect(error?.location?.file?.contains("/repo/.git") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
    func explainsForeignOwners() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        for path in ["repo", "repo/.git"] { chown("\(fixture.root)/\(path)", 12345, 12345) }
        let error = #expect(throws: Diagnostic.self) { try fixture.ledger("repo/src") }
        #expect(error?.code == "ledger.ownership")
        #expect(error?.remedy?.contains("safe.directory '\(fixture.root)/repo'") == true)
    }

    @Test(arguments: ["refs/serre", "refs/serre/runs"])
    func saysBeforehandThatItCannotWriteReferences(blocked: String) throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        // A file where a folder must be stops root too, which permission bits do not.
        try fixture.write("", to: "repo/.git/\(blocked)")
        let ledger = try fixture.ledger()
        let error = #expect(throws: Diagnostic.self) { try ledger.checkWritable() }
        #expect(error?.code == "ledger.read-only")
        #expect(error?.exitStatus == 2)
        #expect(error?.location?.file?.hasPrefix("\(fixture.root)/repo/.git/refs/serre") == true)
        #expect(error?.remedy != nil)
        #expect(ledger.isReadOnly)
        let same = #expect(throws: Diagnostic.self) { try ledger.begin(nanoManifest(), at: start) }
        #expect(same == error)
        #expect(try Ledger.open(enclosing: fixture.root + "/repo")?.runs().isEmpty == true)
    }

    @Test(.enabled(if: geteuid() != 0, "permission bits do not stop root"), arguments: ["objects", "refs"])
    func saysBeforehandThatPermissionsAreMissing(folder: String) throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        chmod("\(fixture.root)/repo/.git/\(folder)", 0o555)
        defer { chmod("\(fixture.root)/repo/.git/\(folder)", 0o755) }
        let error = #expect(throws: Diagnostic.self) { try fixture.ledger().checkWritable() }
        #expect(error?.code == "ledger.read-only")
    }

    @Test func identifiesSources() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        #expect(try SourceIdentity.of(folder: fixture.root) == nil)
        let head = try fixture.git("rev-parse", "HEAD")
        let folder = "\(fixture.root)/repo"
        #expect(try SourceIdentity.of(folder: folder) == SourceIdentity(commit: head, dirty: false))
        try fixture.write("x\n", to: "repo/ignored.log")
        #expect(try SourceIdentity.of(folder: folder)?.dirty == false)
        try fixture.write("x\n", to: "repo/src/new.py")
        #expect(try SourceIdentity.of(folder: folder)?.dirty == true)
        #expect(try SourceIdentity.of(folder: folder + "/src/deep")?.dirty == false)
        try fixture.remove("repo/src/new.py")
        try fixture.write("changed\n", to: "repo/a.txt")
        #expect(try SourceIdentity.of(folder: folder) == SourceIdentity(commit: head, dirty: true))
    }
}
