import Diagnostics
import Foundation
import Testing

@testable import TypedYAML

@Suite("Shared files") struct SharedFilesTests {
    /// A folder with an installation, a source tree and a share folder, each with a recipe of its own.
    private func withTree(_ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for file in [
            "usr/bin/serre", "usr/share/serre/recipes/installed.yaml", "share/recipes/named.yaml",
            "share/recipes/.hidden.yaml",
            "source/Package.swift", "source/fixtures/recipes/tree.yaml", "source/cluster-profiles/here.yaml",
            "source/.build/x/release/serre", "elsewhere/readme",
        ] {
            let path = "\(root)/\(file)"
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
            try "x: 1\n".write(toFile: path, atomically: false, encoding: .utf8)
        }
        try body(root)
    }

    @Test(
        "The share folder comes first, then the installation, then the source tree of the executable or of the current folder"
    )
    func order() throws {
        try withTree { (root) throws in
            func names(_ share: String?, _ executable: String, _ current: String) -> [String] {
                SharedFiles(
                    share: share.map { root + $0 }, executable: root + executable, currentFolder: root + current
                ).names(in: .recipes)
            }
            #expect(names("/share", "/usr/bin/serre", "/source") == ["named"])
            #expect(names(nil, "/usr/bin/serre", "/source") == ["installed"])
            #expect(names(nil, "/source/.build/x/release/serre", "/elsewhere") == ["tree"])
            #expect(names(nil, "/elsewhere/serre", "/source/fixtures") == ["tree"])
            #expect(names("/source", "/elsewhere/serre", "/elsewhere") == ["tree"])
            #expect(names(nil, "/elsewhere/serre", "/elsewhere") == [])
        }
    }

    @Test("A name means a shared file, a path a file")
    func resolve() throws {
        try withTree { (root) throws in
            let files = SharedFiles(share: nil, executable: root + "/usr/bin/serre", currentFolder: root + "/source")
            #expect(
                try files.resolve("installed", in: .recipes, subject: "recipe")
                    == root + "/usr/share/serre/recipes/installed.yaml")
            // The installation has no profiles, so the source tree's are used.
            #expect(
                try files.resolve("here", in: .clusterProfiles, subject: "profile")
                    == root + "/source/cluster-profiles/here.yaml")
            let path = root + "/source/fixtures/recipes/tree.yaml"
            #expect(try files.resolve(path, in: .recipes, subject: "recipe") == path)
        }
    }

    @Test("What is not found is refused with the names that there are")
    func notFound() throws {
        try withTree { (root) throws in
            let files = SharedFiles(share: nil, executable: root + "/usr/bin/serre", currentFolder: root)
            func refusal(_ argument: String) -> Diagnostic? {
                #expect(throws: Diagnostic.self) { try files.resolve(argument, in: .recipes, subject: "recipe") }
            }
            let name = refusal("instaled")
            #expect(name?.code == "recipe.not-found")
            #expect(name?.remedy == "did you mean installed?")
            #expect(name?.expected == "a file, or one of installed")
            let path = refusal(root + "/none.yaml")
            #expect(path?.location?.file == root + "/none.yaml")
            #expect(path?.message == "there is no such file")
            #expect(refusal(root)?.message == "this is a folder, not a file")
            for odd in ["", "..", "../recipes/installed", root, "a\u{0}b"] {
                #expect(refusal(odd)?.code == "recipe.not-found")
            }
        }
    }
}
