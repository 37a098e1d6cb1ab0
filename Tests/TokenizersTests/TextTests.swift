import Diagnostics
import Foundation
import Testing

@testable import Tokenizers

@Suite("Texts and fertility")
struct TextTests {
    private func makeFolder(_ files: [String: String]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "serre-texts-\(UUID().uuidString)")
        for (name, text) in files {
            let url = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return folder
    }

    private func texts(_ folder: URL) throws -> [String] {
        defer { try? FileManager.default.removeItem(at: folder) }
        var found: [String] = []
        try TextSource(folder.path).visit { text throws(Diagnostic) in
            found.append("\(text.language) \(String(decoding: text.bytes, as: UTF8.self))")
        }
        return found
    }

    @Test("Folders: .txt and .jsonl in order of their paths, the language from the folder or the line")
    func folders() throws {
        let folder = try makeFolder([
            "fr/b.txt": "deux", "fr/a.txt": "un", "x.txt": "plain", "fr/c.md": "no", ".git/d.txt": "no",
            "de.jsonl": "{\"text\": \"eins\\n\", \"lang\": \"de\"}\n\n{\"text\":\"zwei\"}\n",
        ])
        #expect(try texts(folder) == ["de eins\n", "und zwei", "fr un", "fr deux", "und plain"])
    }

    @Test("What cannot be read is named with the system's reason", arguments: ["loop.txt", ""])
    func unreadable(name: String) throws {
        let folder = try makeFolder(["a.txt": "a"])
        defer { try? FileManager.default.removeItem(at: folder) }
        let loop = folder.appending(path: "loop.txt").path
        try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
        let error = #expect(throws: Diagnostic.self) {
            try TextSource(name.isEmpty ? folder.path : loop).visit { _ throws(Diagnostic) in }
        }
        #expect(error?.message == "cannot read the file: Too many levels of symbolic links")
        #expect(error?.location?.file == loop)
        let missing = #expect(throws: Diagnostic.self) {
            try TextSource(folder.path + "/none").visit { _ throws(Diagnostic) in }
        }
        #expect(missing?.message == "there are no such texts")
    }

    @Test("A line that is no object with a text is named")
    func badLines() throws {
        for line in ["{\"txt\": \"a\"}", "[1]", "{\"text\": 5}", "{"] {
            let folder = try makeFolder(["a.jsonl": "{\"text\": \"a\"}\n\(line)\n"])
            let problem = #expect(throws: Diagnostic.self) { try texts(folder) }
            #expect(problem?.location?.line == 2)
        }
        #expect(throws: Diagnostic.self) { try texts(makeFolder(["a.md": "nothing to read"])) }
    }

    @Test("Words are runs without white space, of any kind")
    func words() {
        for (text, count) in [
            ("", 0), (" ", 0), ("un", 1), (" un  deux\n", 2), ("a\u{A0}b\u{3000}c\u{2028}d\u{1680}e\u{85}f", 6),
            ("日本語。はい", 1),
        ] {
            var fertility = Fertility()
            fertility.add(Array(text.utf8), tokens: 3)
            #expect(fertility.words == count, "\(text.debugDescription)")
        }
    }

    @Test("Figures add up")
    func figures() {
        var one = Fertility()
        one.add(Array("deux mots".utf8), tokens: 3)
        var all = one
        all.add(one)
        #expect(all.documents == 2 && all.bytes == 18 && all.words == 4 && all.tokens == 6)
        #expect(all.tokensPerWord == 1.5 && all.bytesPerToken == 3)
        #expect(Fertility().tokensPerWord == 0 && Fertility().bytesPerToken == 0)
    }
}
