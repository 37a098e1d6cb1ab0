import Diagnostics
import Testing
import TypedYAML

@Suite struct CollectionTests {
    private func value(_ text: String) throws -> YAMLValue {
        try YAMLDocument(parsing: text, subject: "test", file: "t.yaml").value
    }

    @Test func elementsKnowTheirNumberAndLine() throws {
        enum Key: String, CaseIterable { case list }
        let list = try value("list:\n  - a\n  - 3\n").section(Key.self).required(.list)
        let elements = try list.elements("words")
        #expect(try elements.map { try $0.text() } == ["a", "3"])
        #expect(elements[1].location == .init(file: "t.yaml", line: 3, key: "list.2"))
        #expect(try list.texts() == ["a", "3"])
    }

    @Test func oneTextStandsForAListOfOne() throws {
        #expect(try value("alone").texts() == ["alone"])
        #expect(try value("[]").texts().isEmpty)
    }

    @Test func entriesComeInFileOrder() throws {
        let entries = try value("zh: 1\nfr: 2\n").entries()
        #expect(entries.map(\.key) == ["zh", "fr"])
        #expect(entries[1].value.location.key == "fr")
        #expect(try value("null").entries().isEmpty)
    }

    @Test(arguments: ["{a: 1}", "word"]) func whatIsNoListIsRefused(text: String) throws {
        let value = try value(text)
        do throws(Diagnostic) {
            _ = try value.elements("words")
            Issue.record("no error")
        } catch {
            #expect(error.code == "test.wrong-type" && error.expected == "a list of words")
        }
    }

    @Test func listsAreWrittenAsTheyAreRead() throws {
        var writer = YAMLWriter()
        writer.list("all", [1, 2]) { writer, number in
            writer.write("name", "n\(number)")
            writer.section("inner") { $0.list("deep", ["x"]) { $0.write($1) } }
        }
        writer.list("none", [Int]()) { _, _ in }
        writer.write("words", ["a", "b: c"])
        #expect(
            writer.text == """
                all:
                  - name: n1
                    inner:
                      deep:
                        - x
                  - name: n2
                    inner:
                      deep:
                        - x
                none: []
                words: [a, "b: c"]

                """)
        _ = try value(writer.text)
    }
}
