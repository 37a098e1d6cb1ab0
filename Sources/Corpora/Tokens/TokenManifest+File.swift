import Diagnostics
import Foundation
import Integrity
import Interchange

extension TokenManifest: SealedManifest {
    static func altered(_ what: String, _ path: String, expected: Digest, found: Digest) -> Diagnostic {
        TokenCorpus.altered(what, path, expected: expected, found: found)
    }

    /// Reads and checks a manifest: its own digest, its version, and that its parts fit together.
    ///
    /// Throws a `Diagnostic` that names the file and, for an altered one, the digest expected and found.
    public static func read(_ path: String) throws(Diagnostic) -> TokenManifest {
        let bytes = try readFile(path)
        let manifest = try decode(bytes, path: path)
        try manifest.checkSeal(of: bytes, path: path)
        try manifest.checkStructure(path: path)
        return manifest
    }

    private static func decode(_ bytes: Data, path: String) throws(Diagnostic) -> TokenManifest {
        guard let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
            object["format"] as? String == formatName
        else {
            throw Diagnostic(
                "tokens.not-tokens", "this file is not the manifest of token files, or it is damaged",
                at: .init(file: path), expected: "PREFIX.json as made by `serre tokens build`")
        }
        if let version = object["version"] as? Int, version != formatVersion {
            throw Diagnostic(
                "tokens.version", "the token files have another format version", at: .init(file: path, key: "version"),
                expected: "\(formatVersion)", found: "\(version)", remedy: "build the tokens again")
        }
        do {
            return try JSONDecoder().decode(TokenManifest.self, from: bytes)
        } catch {
            throw Diagnostic(
                "tokens.manifest", "the manifest is truncated or altered",
                at: .init(file: path, key: codingKey(of: error)), expected: "the manifest as it was built",
                remedy: "build the tokens again or restore the file")
        }
    }

    /// Checks what the reader relies on, so that a manifest made by other hands cannot lead it astray.
    private func checkStructure(path: String) throws(Diagnostic) {
        func require(_ condition: Bool, _ key: String, _ expected: String) throws(Diagnostic) {
            if condition { return }
            throw Diagnostic(
                "tokens.manifest", "the manifest does not fit together", at: .init(file: path, key: key),
                expected: expected, remedy: "build the tokens again")
        }
        try require((1...1 << 24).contains(vocabulary), "vocabulary", "a number from 1 to \(1 << 24)")
        try require((0..<vocabulary).contains(documentEnd), "document_end", "a token of the vocabulary")
        try require(TokenType.allCases.contains { $0.name == type }, "type", "the name of a type of whole numbers")
        try require(Self.isPlain(tokenizer.file), "tokenizer.file", "a plain file name")
        let codes = languages.map(\.code)
        let ordered = zip(codes, codes.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let areKnown = codes.allSatisfy { isLanguageCode($0) || isProgrammingLanguage($0) }
        try require(ordered && areKnown, "languages", "distinct codes of languages in order")
        for part in languages.flatMap({ [$0.train, $0.validation] }).compactMap({ $0 }) {
            try require(Self.isPlain(part.file), "languages", "plain file names")
            let counts = [part.documents, part.tokens, part.bytes]
            try require(counts.allSatisfy { (0...1 << 48).contains($0) }, "languages", "counts of at least 0")
        }
        _ = try weighting.shares(trainTokens, file: path)
    }

    private static func isPlain(_ file: String) -> Bool {
        !file.isEmpty && !file.contains("/") && !file.contains("\0") && !file.hasPrefix(".")
    }
}
