import Diagnostics
import Foundation
import Testing

@testable import TypedYAML

@Suite("YAML documents") struct YAMLDocumentTests {
    private func refusal(_ text: String) -> Diagnostic? {
        #expect(throws: Diagnostic.self) { try YAMLDocument(parsing: text, subject: "recipe", file: "r.yaml") }
    }

    @Test("Nodes keep their lines")
    func lines() throws {
        let document = try YAMLDocument(parsing: "a: 1\nb:\n  c: 2\n", subject: "recipe", file: "r.yaml")
        #expect(document.location(of: "a") == .init(file: "r.yaml", line: 1, key: "a"))
        #expect(document.location(of: "b.c") == .init(file: "r.yaml", line: 3, key: "b.c"))
        // The nearest section above a key that is not written.
        #expect(document.location(of: "b.d") == .init(file: "r.yaml", line: 3, key: "b.d"))
    }

    @Test("A key given twice is refused with its line")
    func duplicate() {
        let error = refusal("a: 1\nb:\n  c: 2\n  c: 3\n")
        #expect(error?.code == "recipe.duplicate-key")
        #expect(error?.location == .init(file: "r.yaml", line: 3, key: "c"))
    }

    @Test(
        "Text that is not YAML is refused with its line",
        arguments: [
            ("a: 1\nb: [1, 2\n", 3), ("a: \"open\n", 2), ("a: b: c\n", 1), ("a: *nowhere\n", 1),
            ("---\na: 1\n---\nb: 2\n", 3),
        ])
    func syntax(text: String, line: Int) {
        let error = refusal(text)
        #expect(error?.code == "recipe.syntax")
        #expect(error?.location == .init(file: "r.yaml", line: line))
    }

    @Test("Keys must be words; control characters and deep nesting are refused")
    func oddities() {
        #expect(refusal("? [a, b]\n: 1\n")?.code == "recipe.syntax")
        #expect(refusal("a: \u{7}\n")?.code == "recipe.syntax")
        #expect(
            refusal(String(repeating: "[", count: 200) + String(repeating: "]", count: 200))?.code == "recipe.syntax")
        #expect(refusal(String(repeating: "[", count: 100_000))?.code == "recipe.syntax")
    }

    @Test("Aliases that multiply are stopped")
    func bomb() {
        var text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for i in 1...9 {
            text += "a\(i): &a\(i) [" + [String](repeating: "*a\(i - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(refusal(text)?.message == "there are too many values")
    }

    @Test(
        "Nothing, and too much, are refused", arguments: [("", "recipe.empty"), ("# only a comment\n", "recipe.empty")])
    func empty(text: String, code: String) {
        #expect(refusal(text)?.code == code)
        #expect(refusal("a: \"" + String(repeating: "x", count: 1 << 20) + "\"")?.code == "recipe.too-large")
    }

    @Test("Files: missing, a folder, not UTF-8, endless, with a byte order mark")
    func files() throws {
        func refusal(_ path: String) -> Diagnostic? {
            #expect(throws: Diagnostic.self) { try YAMLDocument(contentsOf: path, subject: "recipe") }
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(refusal(folder + "/none.yaml")?.code == "recipe.unreadable")
        #expect(refusal(folder)?.code == "recipe.unreadable")
        #expect(refusal("/dev/zero")?.code == "recipe.too-large")
        try Data([0x61, 0x3A, 0x20, 0xFF]).write(to: URL(fileURLWithPath: folder + "/latin.yaml"))
        #expect(refusal(folder + "/latin.yaml")?.code == "recipe.syntax")
        try Data([0xEF, 0xBB, 0xBF] + Array("a: 1\n".utf8)).write(to: URL(fileURLWithPath: folder + "/bom.yaml"))
        let document = try YAMLDocument(contentsOf: folder + "/bom.yaml", subject: "recipe")
        #expect(document.location(of: "a").line == 1)
        #expect(document.root.described == "a section with keys")
    }
}

@Suite("Overrides") struct OverrideTests {
    enum Key: String, CaseIterable { case a, b }
    enum InnerKey: String, CaseIterable { case c, d }

    private func document() throws -> YAMLDocument {
        try YAMLDocument(parsing: "a: 1\nb:\n  c: 2\n", subject: "recipe", file: "r.yaml")
    }

    @Test("A value is replaced, added or removed; the others stay")
    func sets() throws {
        var document = try document()
        try document.set("b.c=5")
        try document.set("b.d=x=y")
        try document.set("a=null")
        let reader = try document.value.section(Key.self)
        #expect(reader.optional(.a) == nil)
        let inner = try reader.section(.b, InnerKey.self)
        #expect(try inner.required(.c).integer(in: 1...9) == 5)
        #expect(try inner.required(.d).text() == "x=y")
    }

    @Test("Errors in an override name the option and path, not the file")
    func place() throws {
        var document = try document()
        try document.set("b.c=many")
        let error = #expect(throws: Diagnostic.self) {
            try document.value.section(Key.self).section(.b, InnerKey.self).required(.c).integer(in: 1...9)
        }
        #expect(error?.location == .init(file: "--set b.c"))
        #expect(error?.description.hasPrefix("--set b.c: ") == true)
    }

    @Test("An unknown path is refused when read, with a suggestion")
    func unknown() throws {
        var document = try document()
        try document.set("bb.c=1", flag: "--set-profile")
        let error = #expect(throws: Diagnostic.self) { try document.value.section(Key.self) }
        #expect(error?.code == "recipe.unknown-key")
        #expect(error?.location?.file == "--set-profile bb.c")
        #expect(error?.location?.key == "bb")
        #expect(error?.remedy == "did you mean b?")
    }

    @Test(
        "Malformed overrides are refused",
        arguments: ["a", "=1", "", "a..b=1", ".a=1", "a.=1", "a.b=1", "a=[1", "a=x: y: z"])
    func malformed(assignment: String) throws {
        var document = try document()
        let before = document
        let error = #expect(throws: Diagnostic.self) { try document.set(assignment) }
        #expect(["recipe.override", "recipe.syntax"].contains(error?.code))
        #expect(error?.location?.file?.hasPrefix("--set") == true)
        #expect(document == before)
    }
}
