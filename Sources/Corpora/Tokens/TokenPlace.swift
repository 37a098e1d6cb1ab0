import Diagnostics
import Foundation
import Integrity

/// Where token files go: made in a folder of their own beside their places, then given their names, the manifest last.
struct TokenPlace {
    private let folder: String
    /// The last part of the prefix.
    let name: String
    private let replace: Bool

    /// Checks, before any work, that the place is free, or (with `replace`) holds token files or nothing.
    init(prefix: String, replace: Bool) throws(Diagnostic) {
        (folder, name) = folderAndName(prefix)
        self.replace = replace
        guard !name.isEmpty, !name.hasPrefix(".") else {
            throw Diagnostic(
                "tokens.prefix", "this cannot be the beginning of file names", at: .init(file: prefix),
                expected: "such as tokens/small, for tokens/small.json and the files beside it")
        }
        guard FileManager.default.fileExists(atPath: manifest) else { return }
        guard replace else { throw taken(manifest) }
        guard try readFile(manifest).range(of: Data("\"\(TokenManifest.formatName)\"".utf8)) != nil else {
            throw Diagnostic(
                "tokens.exists", "there is another file at the manifest's place", at: .init(file: manifest),
                remedy: "choose another prefix; nothing was changed")
        }
    }

    private var manifest: String { "\(folder)/\(name).json" }

    private func taken(_ path: String) -> Diagnostic {
        Diagnostic(
            "tokens.exists", "there is a file already", at: .init(file: path),
            remedy: "choose another prefix, or ask for token files to be replaced with --replace; nothing was changed")
    }

    /// Runs `body` on a temporary folder and moves what it made to its place; on an error nothing is left.
    func fill<Result>(_ body: (_ staging: String) throws(Diagnostic) -> Result) throws(Diagnostic) -> Result {
        let staging = "\(folder)/.\(name).\(getpid()).partial"
        // What a process of the same number left when it was killed is not ours.
        try? FileManager.default.removeItem(atPath: staging)
        do {
            try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "folder.write", "cannot make the folder", at: .init(file: staging), kind: .failure)
        }
        defer { try? FileManager.default.removeItem(atPath: staging) }
        let result = try body(staging)
        try putInPlace(staging)
        return result
    }

    /// The manifest goes first and comes last, so that it never lists files that are not there.
    private func putInPlace(_ staging: String) throws(Diagnostic) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: staging)) ?? []).sorted()
        if !replace {
            for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
                throw taken("\(folder)/\(name)")
            }
        }
        let old = replace ? (try? TokenManifest.read(manifest)) : nil
        unlink(manifest)
        for file in (old?.fileNames ?? []) where !names.contains(file) { unlink("\(folder)/\(file)") }
        let last = "\(name).json"
        for name in names.filter({ $0 != last }) + [last] {
            guard rename("\(staging)/\(name)", "\(folder)/\(name)") == 0 else {
                throw Diagnostic(
                    "file.write", "cannot finish the file: \(String(cString: strerror(errno)))",
                    at: .init(file: "\(folder)/\(name)"), kind: .failure)
            }
        }
        AtomicFile.flushFolder(of: manifest)
    }

    /// Writes the copy of the tokeniser's file.
    func writeTokenizer(
        _ encoding: DocumentEncoding, to staging: String
    ) throws(Diagnostic) -> TokenManifest.TokenizerFile {
        let file = "\(name)-tokenizer.json"
        try AtomicFile.write(encoding.file, to: "\(staging)/\(file)")
        return .init(name: encoding.name, file: file, sha256: encoding.digest)
    }

    func writeManifest(_ bytes: Data, to staging: String) throws(Diagnostic) {
        try AtomicFile.write([UInt8](bytes), to: "\(staging)/\(name).json")
    }
}

/// The folder of a path, as it is written, and its last part.
func folderAndName(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
}

extension TokenManifest {
    /// The names of the files beside the manifest.
    fileprivate var fileNames: [String] {
        let parts = languages.flatMap { [$0.train, $0.validation] }.compactMap { $0?.file }
        return [tokenizer.file] + parts.flatMap { [$0 + ".bin", $0 + ".idx"] }
    }
}
