import Diagnostics
import Foundation
import Integrity

/// Texts to learn from or to measure on: a file, or a folder of files.
///
/// - a folder: its `.txt` files (a text each) and `.jsonl` files, in byte-wise order of their paths; the language
///   of a `.txt` file is the name of the folder directly below, if it is in one;
/// - a `.jsonl` file: an object on each line with `text` and perhaps `lang`;
/// - any other file: one text.
public struct TextSource: Sendable {
    /// Where the texts are.
    public let path: String

    public init(_ path: String) { self.path = path }

    /// One text as UTF-8, and its language or `und`.
    public struct Text: Sendable, Equatable {
        public var language: String
        public var bytes: [UInt8]

        public init(language: String, bytes: [UInt8]) {
            self.language = language
            self.bytes = bytes
        }
    }

    /// The language of texts whose source states none.
    public static let undetermined = "und"

    /// Visits the texts in order. Memory holds one file of them.
    ///
    /// Throws `tokenizer.texts` with the file and line of what cannot be read, and for a source without texts.
    public func visit(_ body: (Text) throws(Diagnostic) -> Void) throws(Diagnostic) {
        var count = 0
        let counting = { (text: Text) throws(Diagnostic) in
            count += 1
            try body(text)
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            // What is there and cannot be followed or entered is not missing.
            var status = stat()
            if lstat(path, &status) == 0 || errno != ENOENT {
                throw problem("cannot read the file: \(reasonUnreadable(path))", path)
            }
            throw problem("there are no such texts", path, expected: "a folder, a .jsonl or a .txt file")
        }
        if !isFolder.boolValue {
            try visitFile(path, language: Self.undetermined, counting)
        } else {
            try visitFolder(counting)
        }
        if count == 0 { throw problem("there are no texts", path, expected: ".txt or .jsonl files") }
    }

    private func visitFolder(_ body: (Text) throws(Diagnostic) -> Void) throws(Diagnostic) {
        guard let found = FileManager.default.enumerator(atPath: path) else {
            throw problem("cannot list the folder: \(reasonUnreadable(path))", path)
        }
        var names: [String] = []
        for case let name as String in found where name.hasSuffix(".txt") || name.hasSuffix(".jsonl") {
            if !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { names.append(name) }
        }
        // Swift orders strings by canonical equivalence; file order is by bytes.
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names {
            let parts = name.split(separator: "/")
            let language = parts.count > 1 ? String(parts[0]) : Self.undetermined
            try visitFile("\(path)/\(name)", language: language, body)
        }
    }

    private func visitFile(
        _ file: String, language: String, _ body: (Text) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let bytes = try readTexts(file)
        if file.hasSuffix(".jsonl") { return try visitLines(bytes, file, language: language, body) }
        if !bytes.isEmpty { try body(Text(language: language, bytes: bytes)) }
    }
}

/// The bytes of a file of texts.
func readTexts(_ file: String) throws(Diagnostic) -> [UInt8] {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe) else {
        throw problem("cannot read the file: \(reasonUnreadable(file))", file)
    }
    return [UInt8](data)
}

/// Visits the objects on the lines of a JSONL file.
func visitLines(
    _ bytes: [UInt8], _ file: String, language: String,
    _ body: (TextSource.Text) throws(Diagnostic) -> Void
) throws(Diagnostic) {
    var start = 0
    var number = 0
    while start < bytes.count {
        let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
        let line = bytes[start..<end]
        number += 1
        start = end + 1
        if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
        let expected = "an object such as {\"text\": …, \"lang\": \"fr\"}"
        let location = Diagnostic.Location(file: file, line: number)
        let node = try JSONReader.parse(Array(line), at: location, expected: expected)
        guard case .object(let members) = node else {
            throw problem("this is no object", file, number, expected: expected)
        }
        let object = JSONObject(place: JSONPlace(node: node, file: file, path: ""), members: members)
        guard case .text(let text) = object["text"].node else {
            throw problem("the line has no text", file, number, expected: expected)
        }
        var own = language
        if case .text(let code) = object["lang"].node { own = code }
        try body(.init(language: own, bytes: Array(text.utf8)))
    }
}

/// The diagnostic for texts that cannot be read.
func problem(_ message: String, _ file: String, _ line: Int? = nil, expected: String? = nil) -> Diagnostic {
    Diagnostic("tokenizer.texts", message, at: .init(file: file, line: line), expected: expected)
}
