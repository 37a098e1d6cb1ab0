import Foundation
import Testing

@testable import Tokenizers

/// The files of fixtures/tokenizers, which scripts/golden/make_tokenizers.py made with Hugging Face's tokenizers 0.23.3.
enum Fixtures {
    static let repository = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    static func path(_ kind: String) -> String {
        repository.appending(path: "fixtures/tokenizers/\(kind).json").path
    }

    static func json(_ kind: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path(kind)))) }

    /// What `tokenizers` makes of texts.
    struct Expected: Decodable {
        var texts: [String]
        /// `{0}` stands for a character.
        var patterns: [String]
        var kinds: [String: Kind]

        struct Kind: Decodable {
            var ids: [[TokenID]]
            /// The ids of “a” with special tokens added.
            var template: [TokenID]
            /// The SHA-256 of the ids of the texts of each pattern.
            var characters: [String]
        }
    }

    static func expected() throws -> Expected {
        try JSONDecoder().decode(
            Expected.self, from: Data(contentsOf: repository.appending(path: "fixtures/tokenizers/expected.json")))
    }

    /// The texts of fixtures/corpus, in order of their paths.
    static func corpus() throws -> [[UInt8]] {
        var texts: [[UInt8]] = []
        try TextSource(repository.appending(path: "fixtures/corpus").path).visit { texts.append($0.bytes) }
        return texts
    }
}

extension Tokenizer {
    func encoded(_ text: String, special: SpecialText = .recognised) -> [TokenID] {
        var ids: [TokenID] = []
        encode(Array(text.utf8), into: &ids, special: special)
        return ids
    }
}
