import Diagnostics
import Foundation
import Integrity

extension Tokenizer {
    /// The name of a tokeniser's file.
    public static let fileName = "tokenizer.json"
    /// The largest file that is read: the largest vocabularies in use take some ten megabytes.
    private static let largestFile = 1 << 29

    /// Loads a tokeniser: the name `bytes`, a `tokenizer.json`, or a folder that holds one.
    ///
    /// Throws `tokenizer.…` diagnostics that name the file and the key of what is malformed or not supported, and what
    /// is supported instead.
    public static func load(_ nameOrPath: String) throws(Diagnostic) -> Tokenizer {
        if nameOrPath == bytesName { return bytes }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: nameOrPath, isDirectory: &isFolder)
        let path = isFolder.boolValue ? "\(nameOrPath)/\(fileName)" : nameOrPath
        guard exists, let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw Diagnostic(
                "tokenizer.missing",
                exists ? "cannot read the tokenizer: \(reasonUnreadable(path))" : "there is no such tokenizer",
                at: .init(file: path), expected: "a tokenizer.json, a folder that holds one, or the name bytes",
                remedy: "make one with serre tokenizer train")
        }
        return try Tokenizer(json: Array(data), path: path)
    }

    /// Reads a tokeniser from the bytes of a `tokenizer.json`; `path` is what messages call it.
    public init(json: [UInt8], path: String) throws(Diagnostic) {
        guard json.count <= Self.largestFile else {
            throw Diagnostic(
                "tokenizer.malformed", "the file is too long", at: .init(file: path),
                expected: "at most \(Self.largestFile) bytes", found: "\(json.count)")
        }
        self.init(try TokenizerModel(json: json, file: path), name: path, digest: SHA256.digest(of: json))
    }
}
