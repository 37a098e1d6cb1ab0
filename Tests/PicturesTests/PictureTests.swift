import Diagnostics
import Foundation
import FoundationXML
import Testing

@testable import Pictures

@Suite("Pictures") struct PictureTests {
    /// The names of an SVG's elements, and its texts; fails for what is not well-formed XML.
    private static func read(_ svg: String) throws -> (names: [String], texts: [String]) {
        final class Reader: NSObject, XMLParserDelegate {
            var names: [String] = []
            var texts: [String] = []
            func parser(
                _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
                attributes: [String: String] = [:]
            ) {
                names.append(name)
                texts.append("")
            }
            func parser(_ parser: XMLParser, foundCharacters text: String) { texts[texts.count - 1] += text }
        }
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        try #require(parser.parse(), "not well-formed: \(parser.parserError.map { "\($0)" } ?? "")")
        let texts = reader.texts.map { $0.trimmingCharacters(in: .newlines) }
        return (reader.names, texts.filter { !$0.isEmpty })
    }

    /// Stands by itself, in light and dark, with words for those who cannot see it.
    private static func check(_ svg: String) throws -> [String] {
        let (names, texts) = try read(svg)
        #expect(names.prefix(4) == ["svg", "title", "desc", "style"])
        #expect(svg.contains("prefers-color-scheme: dark") && svg.contains("role=\"img\""))
        for word in ["<script", "href", "url(", "\"nan", "\"inf"] { #expect(!svg.contains(word), "\(word)") }
        return texts
    }

    private static func loss(_ losses: [Double?]) throws -> LossPicture {
        try LossPicture(.init(title: "a <b> & \"c\"", steps: Array(1...max(1, losses.count)), losses: losses))
    }

    @Test("The loss of few, many, equal, missing and enormous steps", arguments: [1, 2, 10, 5000])
    func losses(count: Int) throws {
        var losses: [Double?] = (0..<count).map { 2 + 6 / Double($0 + 1) }
        if count > 5 { (losses[3], losses[4]) = (nil, 1e300) }
        var content = LossPicture.Content(title: "a <b> & \"c\"", steps: Array(1...count), losses: losses)
        // A run that blew up measures what no picture has a place for.
        content.validation = [
            .init(step: count, least: 1, mean: 2, greatest: 4), .init(step: count, least: 1, mean: 3, greatest: 4e17),
            .init(step: count, least: .nan, mean: .infinity, greatest: .infinity),
        ]
        content.validationName = "mean of 3 languages"
        content.resumes = [count / 2]
        let svg = try LossPicture(content).svg
        let texts = try Self.check(svg)
        #expect(texts.contains("a <b> & \"c\"") && texts.contains("resumed") && texts.contains("bits per byte"))
        #expect(svg.utf8.count < 120_000)
        #expect(try LossPicture(content).svg == svg)
        _ = try Self.check(Self.loss([Double](repeating: 3, count: count)).svg)
    }

    @Test("A spike of one step among a million is drawn") func spike() throws {
        let points = (0..<1_000_000).map { (x: Double($0) / 1000, y: $0 == 543_210 ? 9.0 : 1) }
        let kept = LossPicture.thinned(points)
        #expect(kept.count <= 4 * 1000 && kept.contains { $0.y == 9 })
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x <= $1.x })
        #expect(kept.first?.x == points.first?.x && kept.last?.x == points.last?.x)
    }

    @Test("The mean halves an old value's weight in a half-life, and is free of its begin", arguments: [1, 3, 200])
    func mean(halfLife: Int) {
        #expect(LossPicture.smoothed([5, 5, 5], halfLife: halfLife).allSatisfy { abs($0 - 5) < 1e-12 })
        // After a jump from 0 to 1, half of the way is gone after a half-life (of a long past).
        let values = [Double](repeating: 0, count: 60 * halfLife) + [Double](repeating: 1, count: halfLife)
        let last = LossPicture.smoothed(values, halfLife: halfLife).last ?? 0
        #expect(abs(last - 0.5) < 1e-9)
    }

    @Test("Nothing to draw is said") func empty() throws {
        let problems: [() throws -> Void] = [
            { _ = try Self.loss([nil]) }, { _ = try Self.loss([.nan]) }, { _ = try Self.loss([.infinity]) },
            { _ = try FunnelPicture(title: "t", found: 0, stages: []) },
            {
                _ = try FertilityPicture(
                    [], all: .init(name: "all", bytes: 0, words: 0, tokens: 0), title: "t", names: ["bytes"])
            },
            { _ = try SplitPicture([.init(name: "n", unit: "t", parts: [.init(.idle, 0)])], title: "t") { "\($0)" } },
        ]
        for problem in problems {
            let error = #expect(throws: Diagnostic.self) { try problem() }
            #expect(error?.code == "picture.empty")
        }
    }

    @Test("A funnel's rows go from all that was found to what is kept") func funnel() throws {
        let stages = [("words", 10), ("language", 0), ("near <duplicates>", 4000)].map(FunnelPicture.Stage.init)
        let texts = try Self.check(FunnelPicture(title: "corpus", found: 10_000, stages: stages, caption: ["c"]).svg)
        for text in ["found", "10,000", "9,990", "near <duplicates>", "−4,000  (40.0 %)", "kept", "5,990", "59.9 %"] {
            #expect(texts.contains(text), "\(text) in \(texts)")
        }
    }

    @Test("Languages descend by bytes per token; those without spaces have no tokens per word") func fertility() throws
    {
        let languages = [
            FertilityPicture.Language(name: "en", bytes: 1000, words: 200, tokens: 250, comparedTokens: 1000),
            .init(name: "zh", bytes: 1000, words: 5, tokens: 400, comparedTokens: 1000),
            .init(name: "xx", bytes: 0, words: 0, tokens: 0, comparedTokens: 0),
        ]
        let all = FertilityPicture.Language(name: "all", bytes: 2000, words: 205, tokens: 650, comparedTokens: 2000)
        let texts = try Self.check(FertilityPicture(languages, all: all, title: "t", names: ["a", "b"]).svg)
        let places = ["en", "zh"].compactMap { texts.firstIndex(of: $0) }
        #expect(places.count == 2 && places == places.sorted() && !texts.contains("xx"))
        #expect(texts.contains("4.00") && texts.contains("2.50") && texts.contains("1.25"))
        #expect(texts.contains("sets few spaces") && !texts.contains("80.00"))
    }

    @Test("Parts are named with amount and share") func split() throws {
        let quantity = SplitPicture.Quantity(
            name: "carbon", unit: "t", parts: [.init(.dynamic, 30), .init(.idle, 9.9), .init(.embodied, 0.1)],
            interval: 35...60)
        let texts = try Self.check(SplitPicture([quantity], title: "t") { Drawing.fixed($0, 1) }.svg)
        for text in ["dynamic 30.0 t", "75.0 %", "embodied 0.1 t (0.3 %)", "40.0 t"] {
            #expect(texts.contains(text), "\(text) in \(texts)")
        }
    }

    @Test(
        "Ticks are round, within the axis and not too many",
        arguments: [(0.0, 1.0), (0, 8.56), (1.99, 2.01), (-3, 4), (0, 1e9), (0, 3e-7), (7, 7)])
    func ticks(low: Double, high: Double) {
        let axis = LinearAxis(low, high, start: 0, end: 100)
        let (values, decimals) = axis.ticks(most: 8)
        #expect((2...9).contains(values.count), "\(values)")
        #expect(values.allSatisfy { $0 >= axis.low - 1e-9 && $0 <= axis.high + 1e-9 })
        let texts = values.map { Drawing.fixed($0, decimals) }
        #expect(Set(texts).count == texts.count, "\(texts)")
    }

    @Test("Numbers are short and never exponents")
    func numbers() {
        #expect(
            [0, -0.001, 1, -1.5, 2.345, 100, 1e6].map(Drawing.number) == [
                "0", "0", "1", "-1.5", "2.35", "100", "1000000",
            ])
        #expect(Drawing.grouped(-1_234_567) == "-1,234,567" && Drawing.percent(0.12345) == "12.3 %")
    }
}
