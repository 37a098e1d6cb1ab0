import Diagnostics
import Foundation
import Testing

@testable import Ledger

@Suite struct SnapshotTests {
    /// The tree that git itself makes of a work tree, on an index of its own.
    private func treeByGit(_ fixture: GitFixture, _ add: String, at folder: String = "repo") throws -> String {
        let index = "\(fixture.root)/index-for-\(UUID().uuidString)"
        if try fixture.git("rev-list", "--all", "--max-count=1", at: folder).isEmpty {
            try fixture.git("read-tree", "--empty", at: folder, index: index)
        } else {
            try fixture.git("read-tree", "HEAD", at: folder, index: index)
        }
        try fixture.git("add", add, at: folder, index: index)
        return try fixture.git("write-tree", at: folder, index: index)
    }

    private func begin(
        _ fixture: GitFixture, _ policy: SnapshotPolicy, limits: SnapshotLimits = SnapshotLimits(),
        at folder: String = "repo"
    ) throws -> SnapshotNote {
        let ledger = try fixture.ledger(folder)
        let record = try ledger.begin(nanoManifest(), snapshot: policy, limits: limits, at: start)
        let note = try ledger.read(record.run).snapshot
        if let tree = note.tree {
            #expect(try fixture.git("rev-parse", "refs/serre/runs/\(record.run):code", at: folder) == tree)
        }
        return note
    }

    /// Changes of every kind to the files of `makeRepository`.
    private func changeEverything(_ fixture: GitFixture) throws {
        try fixture.write("one, changed\n", to: "repo/a.txt")
        try fixture.write("TWO\n", to: "repo/b.txt")
        try fixture.remove("repo/gone.txt")
        try fixture.remove("repo/kind.txt")
        symlink("b.txt", "\(fixture.root)/repo/kind.txt")
        try fixture.remove("repo/link")
        symlink("src", "\(fixture.root)/repo/link")
        chmod("\(fixture.root)/repo/mode.txt", 0o755)
        chmod("\(fixture.root)/repo/run.sh", 0o644)
        try fixture.remove("repo/src/deep")
        try fixture.write("now a file\n", to: "repo/src/deep")
        try fixture.remove("repo/src/main.py")
        try fixture.write("in a folder\n", to: "repo/src/main.py/now")
        try fixture.write("new\n", to: "repo/été/neu ß.txt")
        try fixture.write("noise\n", to: "repo/noise.log")
        try fixture.write("noise\n", to: "repo/out/x")
        try fixture.write("#!/bin/sh\n", to: "repo/tool", executable: true)
    }

    @Test func holdsUncommittedChanges() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try changeEverything(fixture)
        let expected = try treeByGit(fixture, "-u")
        let note = try begin(fixture, .tracked)
        #expect(note.tree == expected)
        #expect(note.dirty == true)
        #expect(note.skipped.isEmpty)
    }

    @Test func holdsUntrackedFilesOnRequest() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try changeEverything(fixture)
        let notUTF8 = Array("\(fixture.root)/repo/caf".utf8) + [0xe9, 0]
        close(open(notUTF8.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o644))
        defer { unlink(notUTF8.map { CChar(bitPattern: $0) }) }
        mkfifo("\(fixture.root)/repo/pipe", 0o644)
        let expected = try treeByGit(fixture, "-A")
        let note = try begin(fixture, .all)
        #expect(note.tree == expected)
        #expect(try fixture.git("ls-tree", "-r", "--name-only", "-z", expected).contains("été/neu ß.txt"))
    }

    @Test func holdsFilesAddedToTheIndexOnly() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.write("staged\n", to: "repo/staged.txt")
        try fixture.write("staged, then changed\n", to: "repo/both.txt")
        try fixture.write("", to: "repo/intended-empty.txt")
        try fixture.write("intended\n", to: "repo/intended.txt")
        try fixture.git("add", "staged.txt", "both.txt")
        try fixture.git("add", "-N", "intended.txt", "intended-empty.txt")
        try fixture.write("changed after staging\n", to: "repo/both.txt")
        try fixture.write("untracked\n", to: "repo/untracked.txt")
        try fixture.git("rm", "-q", "--cached", "b.txt")
        let index = "\(fixture.root)/copy"
        try FileManager.default.copyItem(atPath: "\(fixture.root)/repo/.git/index", toPath: index)
        try fixture.git("add", "-u", index: index)
        let expected = try fixture.git("write-tree", index: index)
        #expect(try begin(fixture, .tracked).tree == expected)
        let names = try fixture.git("ls-tree", "--name-only", expected).split(separator: "\n")
        #expect(names.contains("intended-empty.txt") && !names.contains("untracked.txt") && !names.contains("b.txt"))
    }

    @Test func takesConflictedFilesFromTheWorkTree() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("checkout", "-q", "-b", "other")
        try fixture.write("other\n", to: "repo/a.txt")
        try fixture.git("commit", "-q", "-am", "other")
        try fixture.git("checkout", "-q", "main")
        try fixture.write("mine\n", to: "repo/a.txt")
        try fixture.git("commit", "-q", "-am", "mine")
        try fixture.git("merge", "-q", "other", status: 1)
        let expected = try treeByGit(fixture, "-u")
        #expect(try begin(fixture, .tracked).tree == expected)
    }

    @Test func appliesLineEndingFilters() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.write("* text=auto\n", to: "repo/.gitattributes")
        try fixture.write("dos\r\nlines\r\n", to: "repo/a.txt")
        let expected = try treeByGit(fixture, "-A")
        #expect(try begin(fixture, .all).tree == expected)
        #expect(try fixture.git("cat-file", "blob", "\(expected):a.txt") == "dos\nlines")
    }

    @Test func leavesOutLargeIgnoredAndExcludedFiles() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.write("*.secret\n/private/\n!kept.log\n", to: "repo/.serreignore")
        try fixture.write("key\n", to: "repo/a.secret")
        try fixture.write("key\n", to: "repo/private/b")
        try fixture.write("log\n", to: "repo/kept.log")
        try fixture.write("log\n", to: "repo/other.log")
        try fixture.write("checkpoint\n", to: "repo/runs/one/state")
        try fixture.write(String(repeating: "x", count: 101), to: "repo/large")
        try fixture.write(String(repeating: "y", count: 100), to: "repo/small")
        try fixture.write(String(repeating: "z", count: 500), to: "repo/a.txt")
        let limits = SnapshotLimits(fileBytesMax: 100, excludedFolders: ["\(fixture.root)/repo/runs", "/elsewhere"])
        let note = try begin(fixture, .all, limits: limits)
        #expect(note.skipped == [SkippedFile(path: "large", bytes: 101, reason: .tooLarge)])
        #expect(note.fileBytesMax == 100)
        let tree = try #require(note.tree)
        let names = Set(try fixture.git("ls-tree", "-r", "--name-only", tree).split(separator: "\n").map(String.init))
        #expect(names.isSuperset(of: [".serreignore", "small", "a.txt"]))
        #expect(names.isDisjoint(with: ["a.secret", "private/b", "kept.log", "other.log", "runs/one/state", "large"]))
        #expect(try fixture.git("cat-file", "-s", "\(tree):a.txt") == "500")
    }

    @Test func saysWhatItKeptFromTheIndex() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("update-index", "--assume-unchanged", "a.txt")
        try fixture.write("password\n", to: "repo/a.txt")
        try fixture.write("b.txt filter=lfs\n", to: "repo/.gitattributes")
        try fixture.write(String(repeating: "w", count: 300), to: "repo/b.txt")
        let note = try begin(fixture, .tracked, limits: SnapshotLimits(fileBytesMax: 200))
        #expect(
            note.skipped == [
                SkippedFile(path: "a.txt", reason: .assumeUnchanged),
                SkippedFile(path: "b.txt", bytes: 300, reason: .filteredTooLarge),
            ])
        #expect(note.tree == (try fixture.git("rev-parse", "HEAD^{tree}")))
    }

    @Test func keepsWhatASparseCheckoutLeavesOut() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("sparse-checkout", "set", "--no-cone", "/a.txt")
        #expect(!FileManager.default.fileExists(atPath: "\(fixture.root)/repo/b.txt"))
        let note = try begin(fixture, .tracked)
        #expect(note.tree == (try fixture.git("rev-parse", "HEAD^{tree}")))
        #expect(note.dirty == false)
    }

    @Test func keepsSubmodulesAsCommits() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository(named: "library")
        try fixture.makeRepository()
        for name in ["lib", "spare"] {
            try fixture.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", name)
        }
        try fixture.git("commit", "-q", "-m", "submodules")
        try fixture.git("submodule", "--quiet", "deinit", "-f", "spare")
        try fixture.write("newer\n", to: "repo/lib/a.txt")
        try fixture.git("commit", "-q", "-am", "newer", at: "repo/lib")
        try fixture.write("newest, not committed\n", to: "repo/lib/a.txt")
        try fixture.git("init", "-q", "nested")
        try fixture.write("x\n", to: "repo/nested/x")
        let expected = try treeByGit(fixture, "-u")
        let note = try begin(fixture, .all)
        #expect(note.tree == expected)
        #expect(
            note.skipped == [
                SkippedFile(path: "lib", reason: .submoduleDirty),
                SkippedFile(path: "nested", reason: .nestedRepository),
            ])
        let entry = try fixture.git("ls-tree", expected, "lib")
        #expect(entry.hasPrefix("160000 commit \(try fixture.git("rev-parse", "HEAD", at: "repo/lib"))"))
        try fixture.git("fsck", "--strict")
    }

    @Test func canBeDoneWithout() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let note = try begin(fixture, .none)
        #expect(note.tree == nil)
        #expect(note.absent == "not asked for")
        #expect(note.head == (try fixture.git("rev-parse", "HEAD")))
        #expect(
            try fixture.git("ls-tree", "--name-only", "refs/serre/runs/20261123-214501-nano-3f9a")
                == "record.json\nsnapshot.json")
    }

    @Test func explainsASplitIndex() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("update-index", "--split-index")
        let error = #expect(throws: Diagnostic.self) { try begin(fixture, .tracked) }
        #expect(error?.code == "ledger.index")
        #expect(error?.remedy?.contains("--no-split-index") == true)
    }
}
