import Diagnostics
import Foundation

/// A folder for one test, removed when the test is done with it.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/corpora-tests-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ bytes: some Collection<UInt8>) throws {
        let url = URL(fileURLWithPath: self[name])
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: self[name]))) }

    /// The names in a folder, hidden ones too, in order.
    func names(_ name: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self[name]).sorted()
    }

    /// Writes a folder `texts` with three languages, `count` documents each, and a source record.
    func writeTexts(count: Int = 40) throws {
        for (language, word) in [("ru", "теплица"), ("fr", "serre"), ("ja", "温室")] {
            for i in 0..<count { try write("texts/\(language)/a/page-\(i).txt", "\(word) \(i), \(word)\n") }
        }
        try write("texts/SOURCE.json", #"{"name": "glass", "version": "1.2", "licence": "Apache-2.0"}"#)
        try write("texts/ja/a/SOURCE.json", #"{"name": "glass-ja"}"#)
    }
}

/// The diagnostic that `body` throws; `nil` if it throws none.
func diagnostic(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) {
        try body()
        return nil
    } catch {
        return error
    }
}
