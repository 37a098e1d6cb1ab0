import Diagnostics

/// What a tokenizer makes of each language: bytes per token and tokens per word, a row for each language, with those of
/// another tokenizer beside them where there is one.
///
/// Rows descend by bytes per token. Languages that set few spaces have no bar of tokens per word: what stands between two
/// spaces is no word of theirs.
public struct FertilityPicture {
    /// The whole picture.
    public let svg: String

    /// What one language takes.
    public struct Language {
        public var name: String
        public var bytes, words, tokens: Int
        /// The other tokenizer's tokens.
        public var comparedTokens: Int?

        public init(name: String, bytes: Int, words: Int, tokens: Int, comparedTokens: Int? = nil) {
            (self.name, self.bytes, self.words, self.tokens) = (name, bytes, words, tokens)
            self.comparedTokens = comparedTokens
        }

        func bytesPerToken(_ tokens: Int) -> Double { Double(bytes) / Double(max(1, tokens)) }
        func tokensPerWord(_ tokens: Int) -> Double { Double(tokens) / Double(max(1, words)) }
        /// Whether its runs between spaces are longer than the words of any language that sets them.
        var setsFewSpaces: Bool { bytes > FertilityPicture.bytesPerWordMost * words }
    }

    /// Mean bytes of a run without spaces, above which the runs are taken for clauses: Bengali, with three bytes to a letter, has
    /// about 15, Thai and Chinese more than 50.
    static let bytesPerWordMost = 40

    private static let (width, top, pitch) = (960.0, 100.0, 20.0)
    /// Where the panels of bytes per token and of tokens per word lie.
    private static let panels = [(start: 84.0, end: 480.0), (start: 530.0, end: 926.0)]

    /// - Parameters:
    ///   - languages: in any order.
    ///   - all: all of them together; drawn as a line across the rows.
    ///   - names: of the tokenizer, and of the other one if there is one.
    ///
    /// Throws `picture.empty` where there is no language with a token.
    public init(_ languages: [Language], all: Language, title: String, names: [String]) throws(Diagnostic) {
        let rows = languages.filter { $0.tokens > 0 }.sorted {
            let (left, right) = ($0.bytesPerToken($0.tokens), $1.bytesPerToken($1.tokens))
            return left == right ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) : left > right
        }
        guard !rows.isEmpty else {
            throw PictureProblem.empty("the texts give no token", remedy: "name folders or files that have texts")
        }
        let bottom = Self.top + Self.pitch * Double(rows.count)
        var drawing = Drawing(
            width: Self.width, height: bottom + 36, title: title, description: Self.description(rows, names))
        var entries = zip(names, [Tint.blue, .orange]).map { (name: Self.cut($0, to: 40), tint: $1) }
        if all.comparedTokens == nil { entries = Array(entries.prefix(1)) } else { entries[0].name += " (in figures)" }
        drawing.legend(entries, x: 20, y: 50)
        for (number, language) in rows.enumerated() {
            drawing.text(
                Self.cut(language.name, to: 10), x: Self.panels[0].start - 10,
                y: Self.top + Self.pitch * Double(number) + 15,
                anchor: .end)
        }
        Self.panel(&drawing, 0, "bytes per token (more is better)", rows, all) { $0.bytesPerToken($1) }
        Self.panel(&drawing, 1, "tokens per word (less is better)", rows, all) {
            $0.setsFewSpaces ? nil : $0.tokensPerWord($1)
        }
        svg = drawing.svg
    }

    /// A name that there is room for.
    private static func cut(_ name: String, to most: Int) -> String {
        name.count <= most ? name : name.prefix(most - 1) + "…"
    }

    private static func panel(
        _ drawing: inout Drawing, _ number: Int, _ heading: String, _ rows: [Language], _ all: Language,
        figure: (Language, Int) -> Double?
    ) {
        let (start, end) = panels[number]
        let values = rows.flatMap { row in
            [figure(row, row.tokens), row.comparedTokens.flatMap { figure(row, $0) }].compactMap { $0 }
        }
        let x = LinearAxis(0, values.max() ?? 1, start: start, end: end - 40)
        let bottom = top + pitch * Double(rows.count)
        drawing.text(heading, x: start, y: top - 20, .soft, size: 12)
        let (ticks, decimals) = x.ticks(most: 6)
        for value in ticks {
            let place = x.position(value)
            drawing.line([(place, top), (place, bottom + 4)], .grid)
            drawing.text(Drawing.fixed(value, decimals), x: place, y: bottom + 20, .soft, anchor: .middle, size: 12)
        }
        for (index, row) in rows.enumerated() {
            let y = top + pitch * Double(index)
            guard let own = figure(row, row.tokens) else {
                drawing.text("sets few spaces", x: end, y: y + 14, .soft, anchor: .end, size: 12)
                continue
            }
            let other = row.comparedTokens.flatMap { figure(row, $0) }
            drawing.rectangle(x: start, y: y + 3, width: x.position(own) - start, height: other == nil ? 14 : 9, .blue)
            if let other {
                drawing.rectangle(x: start, y: y + 12, width: x.position(other) - start, height: 5, .orange)
            }
            drawing.text(Drawing.fixed(own, 2), x: end, y: y + 14, anchor: .end, size: 12)
        }
        guard let mean = figure(all, all.tokens), mean <= x.high else { return }
        drawing.line([(x.position(mean), top), (x.position(mean), bottom)], .ink, width: 1.2, dash: "5 4")
        drawing.text("all", x: x.position(mean), y: top - 4, .soft, anchor: .middle, size: 11)
    }

    /// What the picture shows, for those who cannot see it.
    private static func description(_ rows: [Language], _ names: [String]) -> String {
        "Bytes per token of \(names.first ?? "a tokenizer") by language: "
            + rows.map { "\($0.name) \(Drawing.fixed($0.bytesPerToken($0.tokens), 2))" }.joined(separator: ", ") + "."
    }
}
