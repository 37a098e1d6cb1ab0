import Foundation
import JSONWriting
import Testing

@Suite("JSON is written in one form") struct JSONWritingTests {
    private struct Part: Codable, Equatable {
        var empty: [String]
        var names: [String]
        var number: Int
    }

    private static let texts = ["", "plain", "a\"b\\c/d", "line\nline\r\t", "\u{8}\u{c}\u{0}\u{1f}\u{7f}", "é 漢 😀"]

    @Test("as Foundation's encoder, byte for byte") func foundation() throws {
        let part = Part(empty: [], names: Self.texts, number: -3)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var writer = JSONWriter(.foundation)
        writer.list([part, part]) { json, part in
            json.object {
                $0.member("empty") { $0.list(part.empty) { $0.text($1) } }
                $0.member("names") { $0.list(part.names) { $0.text($1) } }
                $0.member("number", part.number)
            }
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == String(decoding: try encoder.encode([part, part]), as: UTF8.self))
    }

    // The form of serde_json's pretty printer, which tokenizers 0.23.3 writes files with.
    @Test("as tokenizers, byte for byte") func serde() {
        var writer = JSONWriter(.serde)
        writer.object {
            $0.member("empty") { $0.list([Int]()) { $0.word("\($1)") } }
            $0.member("none") { $0.object { _ in } }
            $0.member("some") { $0.list([1, 2]) { $0.word("\($1)") } }
            $0.member("text", "\n\"")
        }
        let expected = """
            {
              "empty": [],
              "none": {},
              "some": [
                1,
                2
              ],
              "text": "\\u000a\\""
            }
            """
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test("what is written can be read", arguments: [JSONString.ControlNames.none, .common, .all])
    func strings(names: JSONString.ControlNames) throws {
        for text in Self.texts {
            var bytes = [UInt8]()
            JSONString.append(text.utf8, to: &bytes, naming: names)
            var reversed = [UInt8]()
            JSONString.append(Array(text.utf8).lazy.map { $0 }, to: &reversed, naming: names)
            #expect(bytes == reversed)
            #expect(!bytes.contains { $0 < 0x20 })
            #expect(try JSONDecoder().decode(String.self, from: Data(bytes)) == text)
        }
    }

    @Test("a line has its keys in the order given") func line() {
        var line = JSONLine()
        line.write("b", "x\ty")
        line.write("a", 3)
        line.write("none", String?.none)
        line.write("lists", [["p"], []])
        line.open("rest")
        #expect(String(decoding: line.bytes, as: UTF8.self) == #"{"b":"x\ty","a":3,"lists":[["p"],[]],"rest":""#)
        var tail = JSONLine(continuing: Array("…\"".utf8))
        tail.write("end", text: [0x7A])
        tail.end()
        #expect(String(decoding: tail.bytes, as: UTF8.self) == "…\",\"end\":\"z\"}\n")
    }
}
