import Diagnostics
import Foundation
import Integrity

extension CorpusManifest: SealedManifest {
    static func altered(_ what: String, _ path: String, expected: Digest, found: Digest) -> Diagnostic {
        Corpus.altered(what, path, expected: expected, found: found)
    }

    /// Reads and checks the manifest of a corpus folder: its own digest, its version, and that its parts fit together.
    ///
    /// Throws a ``Diagnostic`` that names the file and, for an altered one, the digest expected and found.
    static func read(fromFolder folder: String) throws(Diagnostic) -> CorpusManifest {
        let path = folder + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else {
            throw notACorpus(folder)
        }
        let bytes = try readFile(path)
        let manifest = try decode(bytes, path: path)
        try manifest.checkSeal(of: bytes, path: path)
        try manifest.checkStructure(path: path)
        return manifest
    }

    /// The refusal of a place without a manifest; it names the token files that may have been meant.
    static func notACorpus(_ place: String) -> Diagnostic {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        let exists = files.fileExists(atPath: place, isDirectory: &isFolder)
        let isTokenFile = place.hasSuffix(".idx") || place.hasSuffix(".bin")
        let remedy: String? =
            files.fileExists(atPath: place + ".json")
            ? "for the token files of that prefix name \(place).json"
            : isTokenFile ? "for token files name the PREFIX.json that `serre tokens build` wrote beside them" : nil
        return Diagnostic(
            "corpus.not-a-corpus", "this is not a corpus", at: .init(file: place),
            expected: "a folder made by `serre corpus build`",
            found: !exists ? "nothing there" : isFolder.boolValue ? "no \(fileName) in it" : "a file", remedy: remedy)
    }

    private static func decode(_ bytes: Data, path: String) throws(Diagnostic) -> CorpusManifest {
        if let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
            let version = object["version"] as? Int, version != formatVersion
        {
            if version == TextCorpusManifest.formatVersion { throw textsNeedTokens(path) }
            throw Diagnostic(
                "corpus.version", "the corpus has another format version", at: .init(file: path, key: "version"),
                expected: "\(formatVersion)", found: "\(version)", remedy: "build the corpus again")
        }
        do {
            return try JSONDecoder().decode(CorpusManifest.self, from: bytes)
        } catch {
            throw Diagnostic(
                "corpus.manifest", "the manifest is truncated or altered",
                at: .init(file: path, key: codingKey(of: error)),
                expected: "the manifest as it was built", found: "\(bytes.count) bytes that cannot be read as one",
                remedy: "build the corpus again or restore the file")
        }
    }

    private static func textsNeedTokens(_ path: String) -> Diagnostic {
        Diagnostic(
            "corpus.texts-not-tokens", "this corpus holds texts, which are not tokens yet",
            at: .init(file: path, key: "version"), expected: "a corpus of bytes, or token files",
            found: "format version \(TextCorpusManifest.formatVersion)",
            remedy:
                "make tokens of it, for example: serre tokens build DIR --tokenizer bytes -o PREFIX, and name PREFIX.json"
        )
    }

    /// Checks what the reader relies on, so that a manifest made by other hands cannot lead it astray.
    private func checkStructure(path: String) throws(Diagnostic) {
        func require(_ condition: Bool, _ key: String, _ expected: String) throws(Diagnostic) {
            if condition { return }
            throw Diagnostic(
                "corpus.manifest", "the manifest does not fit together", at: .init(file: path, key: key),
                expected: expected, remedy: "build the corpus again")
        }
        try require(format == Self.formatName, "format", Self.formatName)
        try require(tokenizer == "bytes", "tokenizer", "bytes")
        try require(vocabulary == Corpus.documentEnd + 1, "vocabulary", "\(Corpus.documentEnd + 1)")
        try require(documentEnd == Corpus.documentEnd, "document_end", "\(Corpus.documentEnd)")
        let codes = languages.map(\.code)
        let ordered = zip(codes, codes.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try require(ordered && codes.allSatisfy(isLanguageCode), "languages", "distinct language codes in order")
        for language in languages {
            let counts = [
                language.documents, language.kept, language.bytes, language.tokens, language.validation.bytes,
            ]
            try require(counts.allSatisfy { $0 >= 0 }, "languages", "counts that are not negative")
        }
        let files = shards.map { ($0.file, $0.language) } + tables.map { ($0.file, $0.language) }
        for (file, language) in files {
            try require(codes.contains(language), "languages", "an entry for \(language)")
            let isPlain = !file.isEmpty && !file.contains("/") && !file.hasPrefix(".")
            try require(isPlain, "shards", "plain file names in the corpus folder")
        }
        for shard in shards { try require((0...(Int.max >> 16)).contains(shard.tokens), "shards", "a token count") }
    }
}

/// Encodes a value as JSON with sorted keys: on several lines, or on one.
func encodeJSON(_ value: some Encodable, pretty: Bool = false) throws(Diagnostic) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    do {
        return try encoder.encode(value)
    } catch {
        throw Diagnostic("corpus.encode", "cannot write this as JSON: \(error)", kind: .failure)
    }
}

/// The dotted key at which decoding failed, if the error says.
func codingKey(of error: any Error) -> String? {
    let path: [any CodingKey]
    switch error as? DecodingError {
    case .keyNotFound(let key, let context)?: path = context.codingPath + [key]
    case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .dataCorrupted(let context)?:
        path = context.codingPath
    default: return nil
    }
    return path.isEmpty ? nil : path.map(\.stringValue).joined(separator: ".")
}
