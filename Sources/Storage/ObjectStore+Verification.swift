import Diagnostics
import Foundation
import Integrity

/// A file of a store that is not what its name says.
public struct ObjectDamage: Sendable, Equatable {
    /// The path below the store's folder.
    public var name: String
    /// The digest that the name says; `nil` for a file that has no business there.
    public var digest: Digest?
    /// What is wrong, and the digest found where there is one.
    public var found: String
    /// The chunks that differ, as ranges of bytes; empty when no list of chunks tells.
    public var chunks: [Range<Int>]

    public init(name: String, digest: Digest?, found: String, chunks: [Range<Int>]) {
        (self.name, self.digest, self.found, self.chunks) = (name, digest, found, chunks)
    }
}

extension ObjectStore {
    /// Every object's digest and length, in order of digests, and the files among them that are none.
    public func contents() throws(Diagnostic) -> (objects: [(digest: Digest, bytes: Int)], strangers: [String]) {
        guard fileStatus(folder).map({ $0.st_mode & S_IFMT == S_IFDIR }) == true else {
            throw Diagnostic(
                "store.none", "there is no store here", at: .init(file: folder),
                expected: "a folder with objects/, as serre store push makes it")
        }
        var objects: [(digest: Digest, bytes: Int)] = []
        var strangers: [String] = []
        for name in names(in: "objects") {
            let place = "objects/\(name)"
            guard let status = fileStatus("\(folder)/\(place)"), status.st_mode & S_IFMT == S_IFREG else { continue }
            let last = name.split(separator: "/").last.map(String.init) ?? ""
            if let digest = Digest(last), Self.objectName(digest) == place {
                objects.append((digest, Int(status.st_size)))
            } else if !Self.isUnfinished(name) {
                strangers.append(place)
            }
        }
        return (objects.sorted { $0.digest < $1.digest }, strangers)
    }

    /// Whether a name is that of a file under way: ours end in `.partial`, those of rsync begin with a dot or are in a folder that does.
    static func isUnfinished(_ name: String) -> Bool {
        name.hasSuffix(".partial") || name.split(separator: "/").contains { $0.hasPrefix(".") }
    }

    func names(in part: String) -> [String] {
        guard let found = FileManager.default.enumerator(atPath: "\(folder)/\(part)") else { return [] }
        return found.compactMap { $0 as? String }.sorted()
    }

    /// Hashes every object and checks every list of chunks; `visit` hears of each object, damaged or not.
    public func verify(
        _ visit: (_ bytes: Int, _ damage: ObjectDamage?) -> Void
    ) throws(Diagnostic) {
        let contents = try contents()
        for name in contents.strangers {
            visit(0, ObjectDamage(name: name, digest: nil, found: "a file that is no object", chunks: []))
        }
        for object in contents.objects { visit(object.bytes, try damage(of: object.digest)) }
    }

    /// What is wrong with an object; `nil` when nothing is.
    public func damage(of digest: Digest) throws(Diagnostic) -> ObjectDamage? {
        let listed = ChunkList.read(chunkListPath(of: digest))
        let found: FileDigests
        do throws(Diagnostic) {
            found = try FileDigests(of: path(of: digest), chunkBytes: listed?.chunkBytes)
        } catch  where error.code == "file.read" {
            return ObjectDamage(name: Self.objectName(digest), digest: digest, found: error.message, chunks: [])
        }
        guard found.digest != digest else { return listDamage(digest, listed, found.chunks) }
        var said = found.digest.description
        var chunks: [Range<Int>] = []
        if let listed {
            let leaves = found.chunks.leaves
            for chunk in listed.leaves.indices where chunk >= leaves.count || leaves[chunk] != listed.leaves[chunk] {
                chunks.append(listed.range(ofChunk: chunk))
            }
            if found.chunks.bytes != listed.bytes { said += ", \(found.chunks.bytes) of \(listed.bytes) bytes" }
        }
        return ObjectDamage(name: Self.objectName(digest), digest: digest, found: said, chunks: chunks)
    }

    /// What is wrong with the list of chunks of an object that is whole.
    private func listDamage(_ digest: Digest, _ listed: ChunkedDigest?, _ found: ChunkedDigest) -> ObjectDamage? {
        guard fileStatus(chunkListPath(of: digest)) != nil, listed != found else { return nil }
        return ObjectDamage(
            name: Self.chunkListName(digest), digest: digest,
            found: "a list of chunks that is not that of the object, which is whole", chunks: [])
    }

    /// Checks a part of an object without reading the rest: the chunks that hold `bytes`.
    ///
    /// `root` is the Merkle root that a record names; without it the store's own list is believed. Throws `store.missing`
    /// when the object, or `store.no-chunks` when its list of chunks, is not there or not the one of `root`.
    public func damage(
        of digest: Digest, bytes: Range<Int>, root: Digest? = nil
    ) throws(Diagnostic) -> [(range: Range<Int>, expected: Digest, found: Digest)] {
        let file = StoredFile(digest: digest, bytes: nil, path: "", name: digest.description)
        guard let length = self.bytes(of: digest) else { throw missing(file) }
        guard let listed = ChunkList.read(chunkListPath(of: digest)), root == nil || listed.root == root else {
            throw Diagnostic(
                "store.no-chunks", "no sound list of chunks tells the parts of this object apart",
                at: .init(file: path(of: digest)),
                remedy: "check the whole object instead: an object of one chunk has no list", kind: .failure)
        }
        guard bytes.lowerBound >= 0, bytes.upperBound <= listed.bytes, !bytes.isEmpty else {
            throw Diagnostic(
                "store.range", "the object has no such bytes", at: .init(file: path(of: digest)),
                expected: "a part of 0..\(listed.bytes)", found: "\(bytes.lowerBound)..\(bytes.upperBound)")
        }
        guard length == listed.bytes else {
            throw Diagnostic(
                "store.damaged", "the object has another length than its list of chunks says",
                at: .init(file: path(of: digest)), expected: "\(listed.bytes) bytes", found: "\(length) bytes",
                kind: .failure)
        }
        return try listed.damage(in: bytes, of: path(of: digest)).map {
            (listed.range(ofChunk: $0.chunk), listed.leaves[$0.chunk], $0.found)
        }
    }
}
