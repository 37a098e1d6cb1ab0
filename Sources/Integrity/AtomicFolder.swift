import CRename
import Diagnostics
import Foundation

/// A folder that appears whole or not at all: filled under a temporary name beside its place, then renamed.
///
///     let folder = try AtomicFolder("models/nano", parts: ["config.json", "model.safetensors"], replace: false)
///     try folder.fill { staging in try AtomicFile.write(text, to: staging + "/config.json") … }
public struct AtomicFolder {
    /// Where the folder will be.
    public let path: String
    private let replace: Bool
    private let foreign: Foreign

    /// The first of a folder's names, sorted, that is not part of what may be replaced; `nil` when all are.
    public typealias Foreign = (_ folder: String, _ names: [String]) throws(Diagnostic) -> String?

    /// Checks, before any work, that the place is free or empty, or (with `replace`) holds nothing `foreign`.
    ///
    /// Throws `folder.exists` otherwise.
    public init(_ path: String, replace: Bool, foreign: @escaping Foreign) throws(Diagnostic) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        self.replace = replace
        self.foreign = foreign
        try checkPlace()
    }

    /// A folder whose parts are known by name.
    public init(_ path: String, parts: [String], replace: Bool) throws(Diagnostic) {
        try self.init(path, replace: replace) { (_, names) throws(Diagnostic) in names.first { !parts.contains($0) } }
    }

    /// Runs `body` on a temporary folder, flushes it and gives it its final name; on an error nothing is left.
    public func fill<Result>(_ body: (_ staging: String) throws(Diagnostic) -> Result) throws(Diagnostic) -> Result {
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

    /// Gives a folder that was filled elsewhere on the same file system its final name, in one step.
    public func place(_ filled: String) throws(Diagnostic) {
        AtomicFile.flushFolder(of: filled + "/any")
        try checkPlace()
        try putInPlace(filled)
    }

    private func checkPlace() throws(Diagnostic) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw refusal("there is something at the output's place that is not a readable folder")
        }
        if names.isEmpty { return }
        if let other = try foreign(path, names.sorted()) {
            throw refusal("the output folder holds something else", found: other)
        }
        guard replace else {
            throw Diagnostic(
                "folder.exists", "the output folder is there already", at: .init(file: path),
                remedy: "give another folder, or add --replace")
        }
    }

    private func refusal(_ message: String, found: String? = nil) -> Diagnostic {
        Diagnostic(
            "folder.exists", message, at: .init(file: path), expected: "a new or an empty folder", found: found,
            remedy: "give another folder; nothing was changed")
    }

    private func makeStaging() throws(Diagnostic) -> String {
        let url = URL(fileURLWithPath: path)
        let parent = url.deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw failure("cannot make the folder", parent, ((error as NSError).userInfo[NSUnderlyingErrorKey]))
        }
        for attempt in 0..<100 {
            let staging = "\(parent)/.\(url.lastPathComponent).\(getpid()).\(attempt).partial"
            if mkdir(staging, 0o755) == 0 { return staging }
            guard errno == EEXIST else { throw failure("cannot make the folder", staging) }
        }
        throw failure("too many unfinished folders beside", path)
    }

    private func putInPlace(_ staging: String) throws(Diagnostic) {
        // A rename replaces an empty folder but not a full one, which has to step aside first.
        if rename(staging, path) != 0 {
            guard replace, errno == ENOTEMPTY || errno == EEXIST else {
                throw failure("cannot put the finished folder in place", path)
            }
            try exchange(staging)
        }
        AtomicFile.flushFolder(of: path)
    }

    /// Takes the place of a full folder: at every moment the old one or the new one is there, where the file system can
    /// exchange two names; elsewhere, for a moment, neither.
    private func exchange(_ staging: String) throws(Diagnostic) {
        var old = staging
        if serre_exchange_names(staging, path) != 0 {
            guard [EINVAL, ENOSYS, ENOTSUP].contains(errno) else {
                throw failure("cannot put the finished folder in place", path)
            }
            old = staging + ".replaced"
            guard rename(path, old) == 0 else { throw failure("cannot move the old folder aside", path) }
            guard rename(staging, path) == 0 else {
                let error = failure("cannot put the finished folder in place", path)
                rename(old, path)
                throw error
            }
        }
        AtomicFile.flushFolder(of: path)
        // If removing fails, the old folder only takes up space.
        try? FileManager.default.removeItem(atPath: old)
    }

    private func failure(_ what: String, _ place: String, _ underlying: Any? = nil) -> Diagnostic {
        let code = (underlying as? NSError).map { Int32($0.code) } ?? errno
        return Diagnostic(
            "folder.write", "\(what): \(String(cString: strerror(code)))", at: .init(file: place), kind: .failure)
    }
}
