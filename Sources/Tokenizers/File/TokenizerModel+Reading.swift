import Diagnostics

extension TokenizerModel {
    /// Reads a `tokenizer.json` of Hugging Face's `tokenizers`.
    ///
    /// What cannot be done exactly as there is refused: `tokenizer.unsupported` names the key, what it holds and what is
    /// supported; `tokenizer.malformed` what makes no sense.
    init(json: [UInt8], file: String) throws(Diagnostic) {
        let node = try JSONReader.parse(json, at: .init(file: file), expected: "a tokenizer.json")
        let root = try JSONPlace(node: node, file: file, path: "").object()
        try root.requireKeys(among: [
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model",
        ])
        for key in ["truncation", "padding", "normalizer"] where !root[key].isNull {
            throw root[key].unsupported("this is not supported", expected: "null")
        }
        guard root["version"].isNull || root["version"].node == .text("1.0") else {
            throw root["version"].unsupported("the file is of another version", expected: "1.0")
        }
        let names = try readModel(root["model"].object())
        try readPretokenizer(root["pre_tokenizer"])
        try readAddedTokens(root["added_tokens"], names: names)
        try readPostprocessor(root["post_processor"])
        try Self.checkDecoder(root["decoder"])
    }

    private static func checkDecoder(_ place: JSONPlace) throws(Diagnostic) {
        let supported = "a ByteLevel decoder"
        guard !place.isNull, case .text("ByteLevel") = try place.object()["type"].node else {
            throw place.unsupported("the decoder is not supported", expected: supported, found: kind(of: place))
        }
    }

    /// What an object says it is.
    static func kind(of place: JSONPlace) -> String {
        if case .object(let members) = place.node, let type = members.first(where: { $0.key == "type" })?.value {
            return type.described
        }
        return place.node.described
    }
}

// MARK: - Pre-tokenizer

extension TokenizerModel {
    private static let byteLevelKeys = ["type", "add_prefix_space", "trim_offsets", "use_regex"]

    private mutating func readPretokenizer(_ place: JSONPlace) throws(Diagnostic) {
        guard !place.isNull else {
            throw place.unsupported("there is no pre-tokenizer", expected: "ByteLevel, or a Sequence that ends in it")
        }
        let object = try place.object()
        switch object["type"].node {
        case .text("ByteLevel"): try readByteLevel(object, isAlone: true)
        case .text("Sequence"):
            try object.requireKeys(among: ["type", "pretokenizers"])
            let stages = try object["pretokenizers"].elements()
            guard let last = stages.last else {
                throw object["pretokenizers"].unsupported(
                    "the sequence is empty", expected: "splits and a ByteLevel at the end")
            }
            for stage in stages.dropLast() { splits.append(try Self.split(stage)) }
            guard case .text("ByteLevel") = try last.object()["type"].node else {
                throw last.unsupported(
                    "the sequence ends otherwise than supported", expected: "a ByteLevel at the end",
                    found: Self.kind(of: last))
            }
            try readByteLevel(last.object(), isAlone: stages.count == 1)
        default:
            throw place.unsupported(
                "the pre-tokenizer is not supported", expected: "ByteLevel, or a Sequence that ends in it",
                found: Self.kind(of: place))
        }
        guard splits.count <= 4 else {
            throw place.unsupported("there are too many splits", expected: "at most 4", found: "\(splits.count)")
        }
    }

    private mutating func readByteLevel(_ object: JSONObject, isAlone: Bool) throws(Diagnostic) {
        try object.requireKeys(among: Self.byteLevelKeys)
        addsPrefixSpace = try object.flag("add_prefix_space", absent: true)
        if addsPrefixSpace, !isAlone {
            throw object["add_prefix_space"].unsupported(
                "after a split this is not supported", expected: "false", found: "true")
        }
        if try object.flag("use_regex", absent: true) { splits.append(.gpt2) }
    }

    private static func split(_ place: JSONPlace) throws(Diagnostic) -> WordSplit {
        let object = try place.object()
        switch object["type"].node {
        case .text("Split"): return try patternSplit(object)
        case .text("Digits"):
            try object.requireKeys(among: ["type", "individual_digits"])
            return try object.flag("individual_digits", absent: false) ? .eachDigit : .digits
        default:
            throw place.unsupported(
                "the pre-tokenizer is not supported", expected: "Split or Digits before the ByteLevel",
                found: kind(of: place))
        }
    }

    private static func patternSplit(_ object: JSONObject) throws(Diagnostic) -> WordSplit {
        try object.requireKeys(among: ["type", "pattern", "behavior", "invert"])
        let pattern = try object["pattern"].object()
        try pattern.requireKeys(among: ["Regex", "String"])
        guard case .text(let regex) = pattern["Regex"].node,
            let split = WordSplit.patterns.first(where: { $0.pattern == regex })?.split
        else {
            let known = WordSplit.patterns.map { "“\($0.pattern)”" }.joined(separator: " or ")
            throw object["pattern"].unsupported(
                "the pattern is not one of those that are supported, character by character",
                expected: "the Regex " + known,
                found: pattern["Regex"].isNull ? pattern["String"].node.described : pattern["Regex"].node.described)
        }
        let behavior = object["behavior"]
        let isInverted = try object.flag("invert", absent: false)
        switch (behavior.node, isInverted) {
        case (.text("Isolated"), false): break
        // Without text between the matches, removing what does not match keeps the matches.
        case (.text("Removed"), true) where split != .bloom: break
        default:
            throw behavior.unsupported(
                "the split is not supported in this way", expected: "Isolated, not inverted",
                found: behavior.node.described + (isInverted ? ", inverted" : ""))
        }
        return split
    }
}

// MARK: - Post-processor

extension TokenizerModel {
    private mutating func readPostprocessor(_ place: JSONPlace) throws(Diagnostic) {
        if place.isNull { return }
        let object = try place.object()
        switch object["type"].node {
        case .text("ByteLevel"): try object.requireKeys(among: Self.byteLevelKeys)
        case .text("TemplateProcessing"): try readTemplate(object)
        case .text("Sequence"):
            try object.requireKeys(among: ["type", "processors"])
            for processor in try object["processors"].elements() {
                if case .text("Sequence") = try processor.object()["type"].node {
                    throw processor.unsupported("a sequence in a sequence", expected: "ByteLevel, TemplateProcessing")
                }
                try readPostprocessor(processor)
            }
        default:
            throw place.unsupported(
                "the post-processor is not supported", expected: "ByteLevel, TemplateProcessing or a Sequence of them",
                found: Self.kind(of: place))
        }
    }

    /// Reads what a template puts around a single text; templates for pairs are not used.
    private mutating func readTemplate(_ object: JSONObject) throws(Diagnostic) {
        try object.requireKeys(among: ["type", "single", "pair", "special_tokens"])
        guard before.isEmpty, after.isEmpty else {
            throw object.place.unsupported("there is a second template", expected: "one TemplateProcessing")
        }
        var sawText = false
        for piece in try object["single"].elements() {
            let kinds = try piece.object()
            try kinds.requireKeys(among: ["Sequence", "SpecialToken"])
            if !kinds["Sequence"].isNull {
                guard !sawText else { throw piece.unsupported("the text comes twice", expected: "one Sequence") }
                sawText = true
            } else {
                let name = try kinds["SpecialToken"].object()["id"].text()
                let ids = try self.ids(ofTemplateToken: name, in: object)
                if sawText { after += ids } else { before += ids }
            }
        }
        guard sawText else {
            throw object["single"].malformed("the template leaves the text out", expected: "a Sequence")
        }
    }

    private func ids(
        ofTemplateToken name: String, in object: JSONObject
    ) throws(Diagnostic) -> [TokenID] {
        let token = try object["special_tokens"].object()[name]
        guard !token.isNull else {
            throw token.malformed("the template names a token that it does not define", expected: "its ids")
        }
        var ids: [TokenID] = []
        for element in try token.object()["ids"].elements() {
            let id = try element.id()
            guard id < vocabularySize else {
                throw element.malformed("there is no such token", expected: "a number below \(vocabularySize)")
            }
            ids.append(id)
        }
        return ids
    }
}
