import Diagnostics
import Testing

@Suite("Diagnostic") struct DiagnosticTests {
    @Test("The sentence holds file, line, key, message, expected, found and remedy, in this order")
    func full() {
        let diagnostic = Diagnostic(
            "recipe.unknown-key", "unknown key", at: .init(file: "a.yaml", line: 3, key: "model.layrs"),
            expected: "one of layers, hidden", found: "\"layrs\"", remedy: "did you mean layers?")
        #expect(
            diagnostic.description
                == "a.yaml:3: model.layrs: unknown key: expected one of layers, hidden, found \"layrs\"; "
                + "did you mean layers?")
    }

    @Test(
        "Whatever is not known is left out",
        arguments: [
            (Diagnostic("c", "it broke"), "it broke"),
            (Diagnostic("c", "it broke", at: .init(file: "f")), "f: it broke"),
            (Diagnostic("c", "it broke", at: .init(key: "k")), "k: it broke"),
            // A line without a file says nothing.
            (Diagnostic("c", "it broke", at: .init(line: 7)), "it broke"),
            (Diagnostic("c", "it broke", expected: "peace"), "it broke: expected peace"),
            (Diagnostic("c", "it broke", found: "war"), "it broke: found war"),
            (Diagnostic("c", "it broke", remedy: "mend it"), "it broke; mend it"),
        ])
    func partial(diagnostic: Diagnostic, sentence: String) {
        #expect(diagnostic.description == sentence)
    }

    @Test("Bad input exits with 2, a failed run with 1; bad input is the default")
    func exitStatus() {
        #expect(Diagnostic("c", "m").exitStatus == 2)
        #expect(Diagnostic("c", "m", kind: .failure).exitStatus == 1)
    }
}

@Suite("Suggestions") struct SuggestionTests {
    @Test(
        "The nearest candidate is found",
        arguments: [
            ("layrs", "layers"), ("hiden", "hidden"), ("haeds", "heads"), ("HIDDEN", "hidden"), ("layers", "layers"),
        ])
    func near(word: String, expected: String) {
        #expect(nearestWord(to: word, among: ["layers", "hidden", "heads", "ffn"]) == expected)
    }

    @Test(
        "A wrong unit in a key leads to the key",
        arguments: ["bandwidth_gb_per_second", "bandwidth_gigabits_per_second"])
    func unit(word: String) {
        let keys = ["latency_microseconds", "bandwidth_gigabytes_per_second", "achieved_fraction"]
        #expect(nearestWord(to: word, among: keys) == "bandwidth_gigabytes_per_second")
    }

    @Test("Nothing is suggested where nothing is near", arguments: ["optimizer", "", "xyz"])
    func far(word: String) {
        #expect(nearestWord(to: word, among: ["layers", "hidden"]) == nil)
        #expect(nearestWord(to: word, among: []) == nil)
    }

    @Test("A swap of neighbours counts as one mistake; of two equally near candidates the first wins")
    func distance() {
        #expect(nearestWord(to: "ab", among: ["xy", "ba"]) == "ba")
        #expect(nearestWord(to: "cat", among: ["bat", "hat"]) == "bat")
    }
}
