import Foundation
import Testing

/// A document of `fixtures/corpus`.
struct FixtureText: Sendable, CustomTestStringConvertible {
    var language: String
    var name: String
    var text: [UInt8]

    var testDescription: String { name }
}

let fixtureTexts = fixtures("corpus")

/// The documents of a folder of `fixtures`.
func fixtures(_ folder: String) -> [FixtureText] {
    let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("fixtures/\(folder)").path
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap { name in
        guard let data = FileManager.default.contents(atPath: "\(root)/\(name)") else { return nil }
        return FixtureText(language: String(name.prefix { $0 != "/" }), name: name, text: Array(data))
    }
}
