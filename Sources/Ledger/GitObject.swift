import CGit2
import Diagnostics

/// An object as git stores it, held in memory until it is sure to stay.
struct GitObject {
    var id: git_oid
    var kind: git_object_t
    var bytes: [UInt8]
}

/// The objects of a repository as they are on the disk at the moment, unlike those that an open repository remembers.
final class ObjectStore {
    private let database: OpaquePointer

    /// Opens the folder `objects` of a repository, alternates included.
    init(folder: String) throws(Diagnostic) {
        database = try LibGit2.made("cannot open the objects") { git_odb_open($0, folder) }
    }

    deinit { git_odb_free(database) }

    func has(_ id: git_oid) -> Bool {
        var id = id
        return git_odb_exists(database, &id) == 1
    }

    /// Writes an object that is gone.
    func write(_ object: GitObject) throws(Diagnostic) {
        var id = git_oid()
        let status = object.bytes.withUnsafeBytes {
            git_odb_write(&id, database, $0.baseAddress, $0.count, object.kind)
        }
        try LibGit2.check(status, "cannot write the object \(object.id.hex) again")
    }
}
