import Testing

@testable import Deduplication

@Suite struct LineTests {
    private static func counted(_ texts: [String], _ rule: LineRule) -> TemplateLines {
        var counter = LineCounter(rule)
        for text in texts { counter.add(Array(text.utf8)) }
        return counter.templates()
    }

    private static func removed(_ text: String, _ lines: TemplateLines) -> (String, Int) {
        var bytes = Array(text.utf8)
        let count = lines.remove(from: &bytes)
        return (String(decoding: bytes, as: UTF8.self), count)
    }

    static let menu = "Home | News | Contact us"

    @Test(arguments: [(9, false), (10, true), (11, true)])
    func tenTimesIsATemplate(times: Int, isTemplate: Bool) {
        let lines = Self.counted((0..<times).map { "\(Self.menu)\nText number \($0)\n" }, .templates)
        #expect(
            Self.removed("a\n\(Self.menu)\nb\n", lines) == (isTemplate ? ("a\nb\n", 1) : ("a\n\(Self.menu)\nb\n", 0)))
    }

    /// Fifteen characters, not bytes; white space at the ends neither counts nor tells lines apart.
    @Test(arguments: [
        ("123456789012345", true), ("12345678901234", false), ("  12345678901234  ", false), ("日本語日本語日本語日本語日本語", true),
        ("日本語日本語日本語日本語日本", false), ("𠀀𠀀𠀀𠀀𠀀𠀀𠀀𠀀", false),
    ])
    func fifteenCharacters(line: String, counts: Bool) {
        let lines = Self.counted([String](repeating: line + "\n", count: 10), .templates)
        #expect(lines.hashes.count == (counts ? 1 : 0))
        #expect(Self.removed("\t\(line)\r\nrest", lines).0 == (counts ? "rest" : "\t\(line)\r\nrest"))
    }

    @Test(arguments: [
        ("X\nkeep", "keep", 1), ("keep\nX", "keep\n", 1), ("X", "", 1), ("X\nX\n\nX\n", "\n", 3),
        ("keep\n\n", "keep\n\n", 0),
        ("", "", 0),
    ])
    func otherLinesKeepEveryByte(text: String, rest: String, count: Int) {
        let lines = Self.counted([String](repeating: Self.menu + "\n", count: 10), .templates)
        func filled(_ pattern: String) -> String {
            pattern.split(separator: "X", omittingEmptySubsequences: false).joined(separator: Self.menu)
        }
        #expect(Self.removed(filled(text), lines) == (filled(rest), count))
    }

    @Test func pseudoCrawlCountsDocuments() {
        let texts = ["x\nx\nx\nshared\n", "y\nshared\n"]
        #expect(Self.removed(texts[0], Self.counted(texts, .pseudoCrawl)) == ("x\nx\nx\n", 1))
        let occurrences = LineRule(charactersMin: 1, countMin: 2, counting: .occurrences)
        #expect(Self.removed(texts[0], Self.counted(texts, occurrences)) == ("", 4))
    }

    private static let many: [String] = {
        var random = Random(seed: 9)
        return (0..<400).map { _ in (0..<30).map { _ in "line number \(random.below(900)) of many\n" }.joined() }
    }()

    /// Workers, the order in which they report, and the parts of a partition: all the same.
    @Test(arguments: [LineRule.templates, .pseudoCrawl], [1, 2, 3, 7])
    func mergesInAnyOrder(rule: LineRule, workers: Int) {
        let whole = Self.counted(Self.many, rule)
        var counters = (0..<workers).map { _ in LineCounter(rule) }
        for (number, text) in Self.many.enumerated() { counters[number * 31 % workers].add(Array(text.utf8)) }
        for order in [Array(0..<workers), (0..<workers).reversed()] {
            var merged = LineCounter(rule)
            for worker in order { merged.merge(counters[worker]) }
            #expect(merged.templates() == whole)
        }
        let parts = (0..<workers).flatMap { part in
            var counter = LineCounter(rule, partition: .init(part, of: workers))
            for text in Self.many { counter.add(Array(text.utf8)) }
            return counter.templates().hashes
        }
        #expect(TemplateLines(rule: rule, hashes: parts) == whole)
        #expect(parts.count == whole.hashes.count && !parts.isEmpty)
    }

    @Test func agreesWithADictionary() {
        var counts = [Substring: Int]()
        for text in Self.many { for line in text.split(separator: "\n") { counts[line, default: 0] += 1 } }
        let lines = Self.counted(Self.many, .templates)
        #expect(lines.hashes.count == counts.count { $0.value >= 10 })
        for text in Self.many {
            let expected = text.split(separator: "\n").filter { (counts[$0] ?? 0) < 10 }.map { $0 + "\n" }.joined()
            #expect(Self.removed(text, lines).0 == expected)
        }
    }

    @Test func countsStopAtTheLargest() {
        var table = CountingTable()
        table.add(7, .max - 1)
        table.add(7, 5)
        table.forEach { hash, count in #expect(hash == 7 && count == .max) }
    }
}
