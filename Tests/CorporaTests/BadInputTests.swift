import Corpora
import Diagnostics
import Foundation
import Testing

/// A bad file among good ones: what it is, and what the message must say.
struct BadInput: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var code: String
    var says: [String]
    var line: Int?

    init(_ name: String, _ bytes: [UInt8], _ code: String, _ says: [String], line: Int? = nil) {
        (self.name, self.bytes, self.code, self.says, self.line) = (name, bytes, code, says, line)
    }

    init(_ name: String, _ text: String, _ code: String, _ says: [String], line: Int? = nil) {
        self.init(name, Array(text.utf8), code, says, line: line)
    }

    var testDescription: String { "\(code) in \(name)" }

    static let good = "{\"text\": \"bon\", \"lang\": \"fr\"}\n"

    static let files = [
        BadInput("texts/fr/x.txt", "", "corpus.empty-document", ["0 bytes"]),
        BadInput("texts/fr/x.txt", " \n\t\n", "corpus.empty-document", ["4 bytes of white space"]),
        BadInput("texts/fr/x.txt", [97, 98, 0, 99], "corpus.binary", ["byte offset 2"]),
        BadInput("texts/fr/x.txt", [195, 169, 97, 195, 40], "corpus.invalid-utf8", ["byte offset 3", "0xc3"]),
        BadInput("texts/fr/x.txt", [97, 0xED, 0xA0, 0x80], "corpus.invalid-utf8", ["byte offset 1"]),
        BadInput("texts/fr/x.txt", [97, 0xE6, 0xB8], "corpus.invalid-utf8", ["byte offset 1"]),
        BadInput("texts/x.txt", "stray", "corpus.bad-language", ["no language's folder"]),
        BadInput("texts/French/x.txt", "stray", "corpus.bad-language", ["French"]),
        BadInput("texts/fr/SOURCE.json", #"{"name": "x", "license": "MIT"}"#, "corpus.unknown-key", ["licence"]),
        BadInput("texts/fr/SOURCE.json", #"{"version": "1"}"#, "corpus.missing-key", ["name"]),
        BadInput("texts/fr/SOURCE.json", "[]", "corpus.json", ["a list"]),
    ]

    static let lines = [
        line("{\"txt\": \"a\", \"lang\": \"fr\"}", "corpus.unknown-key", ["txt", "\"text\"?"]),
        line("{\"text\": \"a\"}", "corpus.missing-key", ["lang: "]),
        line("{\"lang\": \"fr\"}", "corpus.missing-key", ["text: "]),
        line("{\"text\": 5, \"lang\": \"fr\"}", "corpus.wrong-type", ["a number"]),
        line("{\"text\": \"a\"", "corpus.json", ["not valid JSON"]),
        line("[1]", "corpus.json", ["a list"]),
        line("{\"text\": \"\", \"lang\": \"fr\"}", "corpus.empty-document", ["text: "]),
        line("{\"text\": \"a\\u0000\", \"lang\": \"fr\"}", "corpus.binary", ["zero byte"]),
        line("{\"text\": \"a\\ud800\", \"lang\": \"fr\"}", "corpus.json", ["not valid JSON"]),
        line("{\"text\": \"a\", \"lang\": \"French\"}", "corpus.bad-language", ["French"]),
        BadInput(
            "x.jsonl", Array(good.utf8) + [34, 0xFF], "corpus.invalid-utf8", ["byte offset 31", "0xff"], line: 2),
        BadInput("x.jsonl", "\n", "corpus.no-documents", ["lines such as"]),
    ]

    /// A bad line after a good and a blank one.
    private static func line(_ text: String, _ code: String, _ says: [String]) -> BadInput {
        BadInput("x.jsonl", good + "\n" + text + "\n", code, says, line: 3)
    }
}

@Suite struct BadInputTests {
    private let folder = TemporaryFolder()

    private func failure(_ name: String, language: String? = nil) -> Diagnostic? {
        diagnostic { () throws(Diagnostic) in
            try CorpusBuilder.build(
                sources: [CorpusSource(path: folder[name], language: language)], output: folder["out"])
        }
    }

    @Test(arguments: BadInput.files) func `a bad file is named`(bad: BadInput) throws {
        try folder.write("texts/fr/good.txt", "bon")
        try folder.write(bad.name, bad.bytes)
        try check(failure("texts"), bad)
    }

    @Test(arguments: BadInput.lines) func `a bad line is named`(bad: BadInput) throws {
        try folder.write(bad.name, bad.bytes)
        try check(failure(bad.name), bad)
    }

    private func check(_ error: Diagnostic?, _ bad: BadInput) throws {
        let error = try #require(error)
        #expect(error.code == bad.code)
        #expect(error.location?.line == bad.line)
        #expect(error.exitStatus == 2)
        let file = bad.name.hasPrefix("texts/French") ? "texts/French" : bad.name
        #expect(error.location?.file?.hasSuffix(file) == true)
        for words in bad.says { #expect(error.description.contains(words), "\(error)") }
        #expect(!FileManager.default.fileExists(atPath: folder["out"]))
        #expect(try folder.names().allSatisfy { !$0.hasSuffix(".partial") })
    }

    @Test func `missing and empty sources are named`() throws {
        #expect(failure("nowhere")?.code == "corpus.source-missing")
        try folder.write("empty/readme.md", "nothing here")
        #expect(failure("empty")?.code == "corpus.no-documents")
        #expect(failure("empty")?.location?.file == folder["empty"])
        #expect(failure("empty", language: "English")?.found == "English")
        let none = diagnostic { () throws(Diagnostic) in try CorpusBuilder.build(sources: [], output: folder["out"]) }
        #expect(none?.code == "corpus.no-sources")
    }

    @Test func `a write that fails leaves nothing`() throws {
        try folder.writeTexts(count: 2)
        try folder.write("file", "in the way")
        let error = diagnostic { () throws(Diagnostic) in
            try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["file/out"])
        }
        #expect(error?.kind == .failure)
        #expect(error?.description.contains("Not a directory") == true)
        #expect(try folder.names() == ["file", "texts"])
    }
}
