import Diagnostics
import Testing

@testable import Ingestion

@Suite struct GlobTests {
    @Test(
        arguments: [
            ("**", "a/b.txt", true), ("*", "a", true), ("*", "a/b", false), ("*.txt", "a.txt", true),
            ("*.txt", "a/b.txt", false), ("**.txt", "a/b.txt", true), ("**/*.txt", "b.txt", true),
            ("**/*.txt", "a/c/b.txt", true), ("doc/**/*.txt", "doc/a.txt", true), ("doc/**/*.txt", "docs/a.txt", false),
            ("doc/**/*.txt", "doc/x/y/a.txt", true), ("doc/**", "doc/a/b", true), ("doc/**", "doc", false),
            ("usr/share/man/fr/**", "usr/share/man/fr/man1/ls.1.gz", true), ("a?c", "abc", true), ("a?c", "a/c", false),
            ("a?c", "aéc", true), ("a?c", "a温c", true), ("a?c", "aéec", false), ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false), ("a**b", "a/x/b", true), ("", "x", nil), ("/abs", "abs", nil),
            ("x{lang}/a", "xfr/a", nil), ("{lang}/{lang}", "fr/de", nil), ("**/b/*", "a/b/c/b/d", true),
            ("a/**/b", "a/b", true), ("a/**/b", "a/xb", false), ("**/b", "xb", false),
        ] as [(String, String, Bool?)])
    func `patterns match whole paths`(pattern: String, path: String, matches: Bool?) throws {
        let error = diagnostic { () throws(Diagnostic) in _ = try Glob(pattern) }
        guard let matches else {
            #expect(error?.code == "ingestion.bad-pattern")
            return
        }
        #expect(try Glob(pattern).match(path) == (matches ? .yes(language: nil) : .no))
    }

    @Test func `a language is taken from its segment`() throws {
        let glob = try Glob("usr/share/man/{lang}/**")
        #expect(glob.match("usr/share/man/fr/man1/ls.1.gz") == .yes(language: "fr"))
        #expect(glob.match("usr/share/man/pt_BR/man1/ls.1") == .yes(language: "pt-BR"))
        #expect(glob.match("usr/share/man/man1/ls.1") == .no)
        #expect(glob.match("usr/share/man/fr.UTF-8/man1/ls.1") == .no)
        #expect(try Glob("{lang}/*.txt").match("de/a.txt") == .yes(language: "de"))
        #expect(try Glob("**/{lang}/*.txt").match("x/y/eu/a.txt") == .yes(language: "eu"))
        #expect(try [Glob("a"), Glob("{lang}")].match("ca") == .yes(language: "ca"))
    }

    @Test func `many stars take no endless time`() throws {
        let glob = try Glob(String(repeating: "*a", count: 100) + "b")
        #expect(glob.match(String(repeating: "a", count: 2_000)) == .no)
    }
}

@Suite struct LanguageCodeTests {
    @Test(arguments: [
        ("fr", true), ("zh-Hant", true), ("pt_BR", true), ("fil", true), ("", false), ("f", false), ("FR", false),
        ("french", false), ("fr-", false), ("fr-x", false), ("fr-toolongtag", false), ("fr-é", false),
    ]) func `codes are told from other names`(code: String, isValid: Bool) {
        #expect(LanguageCode.isValid(code) == isValid)
    }
}

@Suite struct SkipTallyTests {
    @Test func `counts and first examples add up whatever the grouping`() {
        let skips = (0..<30).map { SkippedInput(place: "\($0)", reason: ["b", "a", "c"][$0 % 3]) }
        var whole = SkipTally()
        for skip in skips { whole.add(skip) }
        var sum = SkipTally()
        for part in [skips[..<4], skips[4..<5], skips[5...]] {
            var tally = SkipTally()
            for skip in part { tally.add(skip) }
            sum.add(tally)
        }
        #expect(sum == whole)
        #expect(whole.total == 30)
        #expect(whole.entries.map(\.reason) == ["a", "b", "c"])
        #expect(whole.entries[1].examples.map(\.place) == ["0", "3", "6", "9", "12"])
    }
}
