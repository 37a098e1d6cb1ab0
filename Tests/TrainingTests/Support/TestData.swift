import Corpora
import Foundation
import Recipes

/// The recipes and corpora that the tests train on.
enum TestData {
    /// The root of the repository that this source file lies in.
    static let repository = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        .path(percentEncoded: false)

    static func recipe(_ name: String) throws -> Recipe {
        try Recipe.load("\(repository)/fixtures/recipes/\(name).yaml")
    }

    /// nano with two segments in place of eight: its matrices then have segments of several blocks, the last one short.
    static func twoSegments() throws -> Recipe {
        var recipe = try recipe("nano")
        recipe.segments = 2
        return recipe
    }

    /// The small corpus that comes with Serre, built once.
    static func corpus() throws -> Corpus { try shipped.get() }

    private static let shipped = Result { try build(from: "\(repository)/fixtures/corpus") }

    /// A corpus of a few windows only, so that five steps of nano read every one of them.
    ///
    /// Document `changed` gets one other letter.
    static func tinyCorpus(changing changed: Int? = nil) throws -> Corpus {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["texts/en"], withIntermediateDirectories: true)
        for document in 0..<4 {
            let words = (0..<12).map { "Bed \(document), row \($0): \($0 * $0 + document) plants came up.\n" }.joined()
            let text = document == changed ? words.replacing("row 7", with: "raw 7") : words
            try Data(text.utf8).write(to: URL(filePath: folder["texts/en/\(document).txt"]))
        }
        return try build(from: folder["texts"])
    }

    /// Builds and opens a corpus. Its shards stay readable when their names are gone.
    private static func build(from texts: String) throws -> Corpus {
        let folder = try TemporaryFolder()
        try CorpusBuilder.build(sources: [CorpusSource(path: texts)], output: folder["corpus"])
        return try Corpus.open(folder["corpus"])
    }
}
