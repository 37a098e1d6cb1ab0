import Deduplication
import Diagnostics
import TypedYAML

/// Reads the section `deduplication`: words for the usual, or sections for parameters.
extension CorpusSpecification.Deduplication {
    enum Key: String, CaseIterable {
        case exact
        case templateLines = "template_lines"
        case near, substrings
    }
    enum LineKey: String, CaseIterable { case characters, count, counting }
    enum SubstringKey: String, CaseIterable {
        case bytes
        case memoryMebibytes = "memory_mib"
    }
    enum Method: String, CaseIterable { case minhash, simhash }
    enum NearKey: String, CaseIterable {
        case method, unit, length, threshold, permutations, bands, rows, seed, distance, blocks
    }

    init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init()
        if let value = reader.optional(.exact) { exact = try Self.identities(value) }
        if let value = reader.optional(.templateLines) { templateLines = try Self.lines(value) }
        if let value = reader.optional(.near) { near = try Self.near(value) }
        if let value = reader.optional(.substrings) { substrings = try Self.substrings(value) }
    }

    private static func identities(_ value: YAMLValue) throws(Diagnostic) -> [DocumentIdentity] {
        if isSwitch(value) { return try value.boolean() ? [.stripped] : [] }
        guard case .sequence = value.node.content else { return [try value.choice()] }
        var identities = [DocumentIdentity]()
        for element in try value.elements("identities") { identities.append(try element.choice()) }
        return identities
    }

    private static func lines(_ value: YAMLValue) throws(Diagnostic) -> LineRule? {
        if isSwitch(value) { return try value.boolean() ? .templates : nil }
        let reader = try value.section(LineKey.self)
        return LineRule(
            charactersMin: try reader.optional(.characters)?.integer(in: 1...1_000_000)
                ?? LineRule.templates.charactersMin,
            countMin: try reader.optional(.count)?.integer(in: 2...1 << 31) ?? LineRule.templates.countMin,
            counting: try reader.optional(.counting)?.choice() ?? LineRule.templates.counting)
    }

    private static func substrings(_ value: YAMLValue) throws(Diagnostic) -> CorpusSpecification.Substrings? {
        let standard = CorpusSpecification.Substrings()
        if isSwitch(value) { return try value.boolean() ? standard : nil }
        let reader = try value.section(SubstringKey.self)
        return .init(
            bytesMin: try reader.optional(.bytes)?.integer(in: 8...1 << 20) ?? standard.bytesMin,
            memoryMebibytesMax: try reader.optional(.memoryMebibytes)?.integer(in: 1...1 << 20)
                ?? standard.memoryMebibytesMax)
    }

    private static func near(_ value: YAMLValue) throws(Diagnostic) -> CorpusSpecification.Near? {
        if isSwitch(value), try !value.boolean() { return nil }
        var (method, reader): (Method, YAMLReader<NearKey>?) = (.minhash, nil)
        if case .scalar = value.node.content {
            if !isSwitch(value) { method = try value.choice() }
        } else {
            let section = try value.section(NearKey.self)
            method = try section.required(.method).choice()
            reader = section
        }
        switch method {
        case .minhash: return try minhash(reader)
        case .simhash: return try simhash(reader)
        }
    }

    private static func minhash(_ reader: YAMLReader<NearKey>?) throws(Diagnostic) -> CorpusSpecification.Near {
        try refuse([.distance, .blocks], in: reader, method: .minhash)
        let standard = try MinHashParameters()
        let unit = try reader?.optional(.unit)?.choice(Shingling.Unit.self)
        let length = unit == .characters ? Shingling.characters.length : standard.shingling.length
        return .minhash(
            try located(reader) { () throws(Diagnostic) in
                try MinHashParameters(
                    shingling: Shingling(
                        unit ?? standard.shingling.unit,
                        length: try reader?.optional(.length)?.integer(in: 1...1000) ?? length),
                    permutations: try reader?.optional(.permutations)?.integer(in: 1...4096) ?? standard.permutations,
                    bands: try reader?.optional(.bands)?.integer(in: 1...4096) ?? standard.bands,
                    rows: try reader?.optional(.rows)?.integer(in: 1...4096) ?? standard.rows,
                    threshold: try reader?.optional(.threshold)?.number(.share) ?? standard.threshold,
                    seed: try reader?.optional(.seed)?.unsigned() ?? standard.seed)
            })
    }

    private static func simhash(_ reader: YAMLReader<NearKey>?) throws(Diagnostic) -> CorpusSpecification.Near {
        try refuse([.threshold, .permutations, .bands, .rows, .seed], in: reader, method: .simhash)
        let standard = try SimHashParameters()
        return .simhash(
            try located(reader) { () throws(Diagnostic) in
                try SimHashParameters(
                    shingling: Shingling(
                        try reader?.optional(.unit)?.choice() ?? standard.shingling.unit,
                        length: try reader?.optional(.length)?.integer(in: 1...1000) ?? standard.shingling.length),
                    distanceMax: try reader?.optional(.distance)?.integer(in: 0...63) ?? standard.distanceMax,
                    blocks: try reader?.optional(.blocks)?.integer(in: 1...64) ?? standard.blocks)
            })
    }

    private static func refuse(
        _ keys: [NearKey], in reader: YAMLReader<NearKey>?, method: Method
    ) throws(Diagnostic) {
        for key in keys {
            guard let value = reader?.optional(key) else { continue }
            throw Diagnostic(
                "specification.near", "the method \(method.rawValue) has no such parameter", at: value.location,
                remedy: "remove the key, or choose the other method")
        }
    }

    /// Gives what a method finds wrong with its parameters the place of the section.
    private static func located<Result>(
        _ reader: YAMLReader<NearKey>?, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        do throws(Diagnostic) {
            return try body()
        } catch {
            guard let place = reader?.value.location, error.location?.file == nil, error.location?.line == nil else {
                throw error
            }
            var located = error
            let key = [place.key, error.location?.key].compactMap(\.self).joined(separator: ".")
            located.location = .init(file: place.file, line: place.line, key: key)
            throw located
        }
    }

    private static func isSwitch(_ value: YAMLValue) -> Bool {
        guard case .scalar(let text, quoted: false) = value.node.content else { return false }
        return ["true", "false", "on", "off"].contains(text)
    }
}
