import Diagnostics
import Foundation
import Integrity

/// What a sweep of a store would drop, and what it would keep.
public struct Sweep: Sendable, Equatable {
    /// An object and its length.
    public struct Object: Sendable, Equatable {
        public var digest: Digest
        public var bytes: Int
    }

    /// Objects that are needed.
    public var needed: [Object] = []
    /// Objects that nothing needs but that are younger than the grace.
    public var young: [Object] = []
    /// Objects to drop.
    public var unneeded: [Object] = []
    /// Files that broke off, older than the grace, as paths below the store's folder.
    public var leftovers: [String] = []
}

extension ObjectStore {
    /// Looks what could be dropped: what is not among `needed` and was last added before `time`. Changes nothing.
    public func sweep(keeping needed: Set<Digest>, addedBefore time: Date) throws(Diagnostic) -> Sweep {
        var sweep = Sweep()
        for object in try contents().objects {
            let entry = Sweep.Object(digest: object.digest, bytes: object.bytes)
            if needed.contains(object.digest) {
                sweep.needed.append(entry)
            } else if isOlder(Self.objectName(object.digest), than: time) {
                sweep.unneeded.append(entry)
            } else {
                sweep.young.append(entry)
            }
        }
        for part in ["objects", "chunks"] {
            for name in names(in: part) {
                let isFile = fileStatus("\(folder)/\(part)/\(name)").map { $0.st_mode & S_IFMT == S_IFREG } ?? false
                if isFile, Self.isUnfinished(name), isOlder("\(part)/\(name)", than: time) {
                    sweep.leftovers.append("\(part)/\(name)")
                }
            }
        }
        return sweep
    }

    private func isOlder(_ name: String, than time: Date) -> Bool {
        fileStatus("\(folder)/\(name)").map { Double($0.st_mtim.tv_sec) < time.timeIntervalSince1970 } ?? false
    }

    /// Drops what a sweep found to drop, as far as it is still older than `time`: another process may have added it again.
    public func drop(_ sweep: Sweep, addedBefore time: Date) throws(Diagnostic) {
        for object in sweep.unneeded where isOlder(Self.objectName(object.digest), than: time) {
            try remove(path(of: object.digest))
            if fileStatus(chunkListPath(of: object.digest)) != nil { try remove(chunkListPath(of: object.digest)) }
        }
        for name in sweep.leftovers { try remove("\(folder)/\(name)") }
    }

    private func remove(_ path: String) throws(Diagnostic) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw Diagnostic(
                "store.remove", "cannot drop the file: \(String(cString: strerror(errno)))", at: .init(file: path),
                kind: .failure)
        }
    }
}
