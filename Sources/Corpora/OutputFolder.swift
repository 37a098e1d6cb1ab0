import Diagnostics
import Foundation
import Integrity

/// A folder that appears whole or not at all: filled under a temporary name beside its place, then renamed.
struct OutputFolder {
    /// Where the folder will be.
    let path: String
    private let replace: Bool

    /// Checks, before any work, that the place is free, empty, or (with `replace`) a corpus and nothing else.
    init(_ path: String, replace: Bool) throws(Diagnostic) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        self.replace = replace
        try checkPlace()
    }

    /// Runs `body` on a temporary folder, flushes it and gives it its final name; on an error nothing is left.
    func fill<Result>(_ body: (_ folder: String) throws(Diagnostic) -> Result) throws(Diagnostic) -> Result {
        let staging = try makeStaging()
        do throws(Diagnostic) {
            let result = try body(staging)
            AtomicFile.flushFolder(of: staging + "/any")
            try checkPlace()
            try putInPlace(staging)
            return result
        } catch {
            try? FileManager.default.removeItem(atPath: staging)
            throw error
        }
    }

    private func checkPlace() throws(Diagnostic) {
        switch fileKind(path, followingLinks: true) {
        case .missing: return
        case .folder: break
        case .regular, .other: throw refusal("there is a file, not a folder, at the output's place")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path).sorted() else {
            throw refusal("the output folder exists and cannot be listed")
        }
        if names.isEmpty { return }
        guard names.contains(CorpusManifest.fileName), try holdsOurManifest() else {
            throw refusal("the output folder exists and is not a corpus")
        }
        let isOurs: (String) -> Bool = { name in
            name == CorpusManifest.fileName || name.hasSuffix(".tokens")
                || name.hasPrefix("documents-") && name.hasSuffix(".jsonl")
        }
        if let other = names.first(where: { !isOurs($0) }) {
            throw refusal("the output folder holds something that is no part of a corpus", found: other)
        }
        if !replace {
            throw Diagnostic(
                "corpus.output-exists", "there is a corpus already", at: .init(file: path),
                remedy: "give another folder, or ask for it to be replaced")
        }
    }

    /// Whether the manifest is a corpus's, even a damaged one.
    private func holdsOurManifest() throws(Diagnostic) -> Bool {
        let bytes = try readFile("\(path)/\(CorpusManifest.fileName)")
        return bytes.range(of: Data("\"\(CorpusManifest.formatName)\"".utf8)) != nil
    }

    private func refusal(_ message: String, found: String? = nil) -> Diagnostic {
        Diagnostic(
            "corpus.output-exists", message, at: .init(file: path), expected: "a new folder, an empty one or a corpus",
            found: found, remedy: "give another folder; nothing was changed")
    }

    private func makeStaging() throws(Diagnostic) -> String {
        let url = URL(fileURLWithPath: path)
        let parent = url.deletingLastPathComponent().path
        try makeFolders(parent)
        for attempt in 0..<100 {
            let staging = "\(parent)/.\(url.lastPathComponent).\(getpid()).\(attempt).partial"
            if mkdir(staging, 0o755) == 0 { return staging }
            guard errno == EEXIST else { throw failure("cannot create the folder", staging) }
        }
        throw failure("too many unfinished folders beside", path)
    }

    private func makeFolders(_ folder: String) throws(Diagnostic) {
        if fileKind(folder, followingLinks: true) == .folder { return }
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        if parent != folder { try makeFolders(parent) }
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw failure("cannot create the folder", folder) }
    }

    private func putInPlace(_ staging: String) throws(Diagnostic) {
        // A rename replaces an empty folder but not a full one, which has to step aside first.
        if rename(staging, path) != 0 {
            guard replace, errno == ENOTEMPTY || errno == EEXIST else {
                throw failure("cannot put the finished folder in place", path)
            }
            let aside = staging + ".replaced"
            guard rename(path, aside) == 0 else { throw failure("cannot move the old corpus aside", path) }
            guard rename(staging, path) == 0 else {
                let error = failure("cannot put the finished folder in place", path)
                rename(aside, path)
                throw error
            }
            // If removing fails, the old corpus only takes up space.
            try? FileManager.default.removeItem(atPath: aside)
        }
        AtomicFile.flushFolder(of: path)
    }

    private func failure(_ what: String, _ place: String) -> Diagnostic {
        Diagnostic(
            "corpus.output", "\(what): \(String(cString: strerror(errno)))", at: .init(file: place), kind: .failure)
    }
}
