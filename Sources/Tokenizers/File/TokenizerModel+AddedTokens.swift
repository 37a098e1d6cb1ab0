import Diagnostics

extension TokenizerModel {
    private static let addedKeys = ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"]

    /// Reads the key `added_tokens`.
    ///
    /// An added token has the number that the vocabulary gives its text, or the next one free: what `tokenizers` gives
    /// it on loading, whatever the file says. A file that says otherwise is refused.
    mutating func readAddedTokens(_ place: JSONPlace, names: TokenIndex) throws(Diagnostic) {
        if place.isNull { return }
        var next = TokenID(names.count)
        var contents: Set<[UInt8]> = []
        for entry in try place.elements() {
            let token = try Self.addedToken(entry.object())
            guard !token.content.isEmpty, contents.insert(Array(token.content.utf8)).inserted else {
                throw entry.malformed(
                    "the added token cannot be told from others", expected: "a text of its own",
                    found: "“\(token.content)”")
            }
            let known = names.number(of: Array(token.content.utf8)[...])
            guard token.id == known ?? next else {
                throw entry.malformed(
                    "the added token has another number than it gets on loading", expected: "id \(known ?? next)",
                    found: "\(token.id)")
            }
            if known == nil { next += 1 }
            addedTokens.append(token)
        }
    }

    private static func addedToken(_ object: JSONObject) throws(Diagnostic) -> AddedToken {
        try object.requireKeys(among: addedKeys)
        if try object.flag("single_word", absent: false) {
            throw object["single_word"].unsupported(
                "tokens that must be whole words are not supported", expected: "false")
        }
        return AddedToken(
            id: try object["id"].id(), content: try object["content"].text(),
            isSpecial: try object.flag("special", absent: false),
            takesSpaceBefore: try object.flag("lstrip", absent: false),
            takesSpaceAfter: try object.flag("rstrip", absent: false),
            isNormalized: try object.flag("normalized", absent: true))
    }
}
