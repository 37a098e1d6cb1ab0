import Diagnostics
import Foundation
import Testing

@testable import Ingestion

@Suite struct GitTests {
    private let folder = TemporaryFolder()

    private func source(
        _ revision: String = "HEAD", language: String? = nil, include: [String] = ["**"], path: String = "repo"
    ) -> Source {
        Source(
            name: "code", kind: .git(GitTree(path: folder[path], revision: revision, include: include)),
            language: language)
    }

    private func makeRepository() throws {
        try folder.run("git", "init", "-q", "-b", "main", "repo")
        try folder.write("repo/src/main.py", "print(1)\n")
        try folder.write("repo/src-b.py", "print(2)\n")
        try folder.write("repo/src/kernel.F90", "end program\n")
        try folder.write("repo/README.md", "not code")
        try folder.write("repo/Makefile", "all:\n")
        try folder.write("repo/empty.py", "")
        try folder.write("repo/binary.c", [0, 1])
        try folder.link("repo/link.py", to: "src/main.py")
        try folder.run("git", "-C", "repo", "add", "-A")
        try folder.run("git", "-C", "repo", "commit", "-qm", "One")
    }

    @Test func `a revision's code comes in order of whole paths with its language, whatever the work tree holds`()
        throws
    {
        try makeRepository()
        try folder.write("repo/src/main.py", "changed, not committed")
        let expected = [
            "binary.c !nul-byte", "empty.py !empty", "link.py !link", "src-b.py python: print(2)\n",
            "src/kernel.F90 fortran: end program\n", "src/main.py python: print(1)\n",
        ]
        #expect(try readAll(source()).map(\.summary) == expected)
        for files in [1, 2, 5] {
            #expect(try readAll(source(), .with { $0.unitFiles = files }).map(\.summary) == expected)
        }
        #expect(try readAll(source(include: ["src/**"])).count == 2)
        #expect(try readAll(source(language: "code")).last?.summary == "src/main.py code: print(1)\n")
    }

    @Test func `the version is the commit, and units stay with it when the branch moves on`() throws {
        try makeRepository()
        let first = try folder.run("git", "-C", "repo", "rev-parse", "HEAD")
        let reader = try SourceReader(source("main"))
        let plan = try reader.plan()
        #expect(plan.version == first)
        let before = try readAll(source(first))
        try folder.write("repo/src/main.py", "print(3)\n")
        try folder.run("git", "-C", "repo", "commit", "-qam", "Two")
        var items = [IngestedItem]()
        for unit in plan.units { try reader.read(unit) { (item) throws(Diagnostic) in items.append(item) } }
        #expect(items == before)
        #expect(try readAll(source("main")).last?.summary == "src/main.py python: print(3)\n")
        #expect(try readAll(source("main~1")) == before)
        let later = try reader.plan()
        #expect(later.units.map(\.id) == plan.units.map(\.id))
        #expect(later.units.map(\.stamp) != plan.units.map(\.stamp))
    }

    @Test func `bare repositories, long files and submodules`() throws {
        try makeRepository()
        try folder.write("repo/z.py", String(repeating: "x", count: 2_000))
        try folder.run("git", "-C", "repo", "add", "z.py")
        let commit = try folder.run("git", "-C", "repo", "rev-parse", "HEAD")
        try folder.run("git", "-C", "repo", "update-index", "--add", "--cacheinfo", "160000,\(commit),vendor")
        try folder.run("git", "-C", "repo", "commit", "-qm", "Two")
        try folder.run("git", "clone", "-q", "--bare", "repo", "bare.git")
        let items = try readAll(source(path: "bare.git"), .with { $0.maximumDocumentBytes = 1_000 }).map(\.summary)
        #expect(items.suffix(2) == ["vendor !submodule", "z.py !too-long"])
    }

    @Test func `a lost object is a skip, and a missing repository or revision an error`() throws {
        try makeRepository()
        let id = try folder.run("git", "-C", "repo", "rev-parse", "HEAD:src/main.py")
        try FileManager.default.removeItem(atPath: folder["repo/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"])
        #expect(try readAll(source()).last?.summary == "src/main.py !unreadable")
        var error = diagnostic { () throws(Diagnostic) in _ = try readAll(source("no-such-branch")) }
        #expect(error?.code == "ingestion.revision")
        #expect(error?.found == "no-such-branch")
        error = diagnostic { () throws(Diagnostic) in _ = try readAll(source(path: "nowhere")) }
        #expect(error?.code == "ingestion.repository")
    }
}
