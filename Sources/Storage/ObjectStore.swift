import Diagnostics
import Foundation
import Integrity

/// A folder of large files, each named by the SHA-256 of its content.
///
/// ```swift
/// let store = ObjectStore("/data/store")
/// try store.add(StoredFile(digest: digest, bytes: nil, path: "weights.safetensors", name: "weights"))
/// try store.copy(StoredFile(digest: digest, bytes: nil, path: "restored.safetensors", name: "weights"))
/// ```
/// `objects/aa/bb/<sha256>` is the layout of Git LFS; `chunks/aa/bb/<sha256>.json` is the `ChunkList` of an object of
/// more than one chunk. Objects are read-only. Any number of processes may add at once.
public struct ObjectStore: Sendable, Equatable {
    /// The store's folder; made by the first object.
    public let folder: String

    public init(_ folder: String) { self.folder = folder }

    /// The path of an object below a store's folder.
    public static func objectName(_ digest: Digest) -> String { "objects/" + fannedOut(digest) }

    static func chunkListName(_ digest: Digest) -> String { "chunks/\(fannedOut(digest)).json" }

    private static func fannedOut(_ digest: Digest) -> String {
        let hex = digest.hex
        return "\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
    }

    /// Where an object is, if the store has it.
    public func path(of digest: Digest) -> String { "\(folder)/\(Self.objectName(digest))" }

    func chunkListPath(of digest: Digest) -> String { "\(folder)/\(Self.chunkListName(digest))" }

    /// The length of an object as the file system tells it; `nil` when the store lacks the object.
    public func bytes(of digest: Digest) -> Int? { fileStatus(path(of: digest)).map { Int($0.st_size) } }

    /// Copies a file into the store unless it is there; whether it was copied.
    ///
    /// Throws `store.altered` when the file's content is not what its digest says: then the store is unchanged. An
    /// object that is there is not read again, but its time is renewed, so that a sweep's grace begins anew.
    @discardableResult
    public func add(
        _ file: StoredFile, progress: (_ bytes: Int) -> Void = { _ in }
    ) throws(Diagnostic) -> Bool {
        let place = path(of: file.digest)
        if let known = bytes(of: file.digest), file.bytes == nil || known == file.bytes {
            utimes(place, nil)
            return false
        }
        try makeFolder(of: place)
        let incoming = try PartialFile(place)
        let found = try FileDigests(of: file.path) { (piece) throws(Diagnostic) in
            try incoming.append(piece)
            progress(piece.count)
        }
        guard found.digest == file.digest else { throw Self.altered(file, found: found.digest) }
        try incoming.finish(mode: 0o444)
        try write(ChunkList(found.chunks), of: file.digest)
        return true
    }

    /// Writes the list of chunks of an object that has more than one.
    func write(_ list: ChunkList, of digest: Digest) throws(Diagnostic) {
        guard list.leaves.count > 1 else { return }
        let path = chunkListPath(of: digest)
        try makeFolder(of: path)
        try AtomicFile.write(try list.encoded(), to: path)
    }

    /// Copies an object out of the store to `file.path`, unless a file with its content is there; whether it was copied.
    ///
    /// Throws `store.missing` when the store lacks it, `store.damaged` when what it has is not that content.
    @discardableResult
    public func copy(
        _ file: StoredFile, progress: (_ bytes: Int) -> Void = { _ in }
    ) throws(Diagnostic) -> Bool {
        if let there = try? FileDigests(of: file.path), there.digest == file.digest { return false }
        let place = path(of: file.digest)
        guard fileStatus(place) != nil else { throw missing(file) }
        try makeFolder(of: file.path)
        let outgoing = try PartialFile(file.path)
        let found = try FileDigests(of: place) { (piece) throws(Diagnostic) in
            try outgoing.append(piece)
            progress(piece.count)
        }
        guard found.digest == file.digest else {
            throw Diagnostic(
                "store.damaged", "the store's object is damaged; \(file.name) was not restored", at: .init(file: place),
                expected: file.digest.description, found: found.digest.description,
                remedy: "look with serre store verify; push the file again from where it is whole", kind: .failure)
        }
        try outgoing.finish()
        return true
    }

    func missing(_ file: StoredFile) -> Diagnostic {
        Diagnostic(
            "store.missing", "the store lacks \(file.name)", at: .init(file: folder),
            expected: Self.objectName(file.digest), remedy: "push it with serre store push from where it is",
            kind: .failure)
    }

    static func altered(_ file: StoredFile, found: Digest) -> Diagnostic {
        Diagnostic(
            "store.altered", "\(file.name) is not the file that the record names; nothing was stored of it",
            at: .init(file: file.path), expected: file.digest.description, found: found.description,
            remedy: "restore the file, or leave it out", kind: .failure)
    }
}

/// `stat` of a path; `nil` when there is nothing.
func fileStatus(_ path: String) -> stat? {
    var result = stat()
    return stat(path, &result) == 0 ? result : nil
}

/// Makes the folder that holds `path`, and those above it.
func makeFolder(of path: String) throws(Diagnostic) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
        let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
        let reason = code.map { String(cString: strerror(Int32($0))) } ?? "it cannot be made"
        throw Diagnostic(
            "store.folder", "cannot make the folder: \(reason)", at: .init(file: folder),
            remedy: "name a place that you may write", kind: .failure)
    }
}
