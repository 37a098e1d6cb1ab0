import CGit2
import Diagnostics

/// The kinds of git objects that a record is made of.
enum ObjectKind: String {
    case commit, tree, blob

    var git: git_object_t {
        switch self {
        case .commit: GIT_OBJECT_COMMIT
        case .tree: GIT_OBJECT_TREE
        case .blob: GIT_OBJECT_BLOB
        }
    }
}

/// Reads the objects of a repository and doubts every one: name, kind, content, and the file that holds it.
///
/// Nothing that this process has read before is believed: the reader opens the objects anew.
final class ObjectReader {
    private let database: OpaquePointer
    private let files: ObjectFiles
    private(set) var problems: [VerificationProblem] = []

    init(_ ledger: Ledger) throws(Diagnostic) {
        let folder = ledger.commonFolder + "objects"
        database = try LibGit2.made("cannot open the objects") { git_odb_open($0, folder) }
        files = ObjectFiles(folder)
    }

    deinit { git_odb_free(database) }

    /// The content of an object, or `nil` after noting the problem; `name` is what people call it.
    ///
    /// An object whose content is right but whose file is damaged is noted and returned.
    func read(_ hex: String, _ kind: ObjectKind, _ name: String) -> [UInt8]? {
        let title = "\(kind.rawValue) \(hex) (\(name))"
        var id = git_oid()
        guard git_oid_fromstr(&id, hex) == 0 else {
            note(title, expected: "the id of a \(kind.rawValue)", found: "no id")
            return nil
        }
        guard let content = content(of: hex, id, kind, title) else { return nil }
        var found = git_oid()
        guard git_odb_hash(&found, content, content.count, kind.git) == 0, found.equals(id) else {
            note(title, expected: hex, found: "content with the id \(found.hex)")
            return nil
        }
        if let fault = files.fault(of: hex, kind: kind.rawValue, content: content) {
            problems.append(
                VerificationProblem(
                    title, expected: "an undamaged file around the content, which is whole", found: fault,
                    remedy: "write the objects anew: git repack -adf"))
        }
        return content
    }

    /// The content, from the object's own file or, of a pack that is sound, by way of libgit2.
    private func content(of hex: String, _ id: git_oid, _ kind: ObjectKind, _ title: String) -> [UInt8]? {
        switch files.looseContent(of: hex, kind: kind.rawValue) {
        case .success(let content)?: return content
        case .failure(let fault)?:
            note(title, expected: "content with this id", found: fault.text)
            return nil
        case nil: break
        }
        if let obstacle = files.packedObstacle(of: hex) {
            note(title, expected: "content with this id", found: obstacle)
            return nil
        }
        var id = id
        var object: OpaquePointer?
        guard git_odb_read(&object, database, &id) == 0, let object else {
            let reason = LibGit2.lastReason
            if let place = files.place(of: hex) {
                note(title, expected: "content with this id", found: "\(place): \(reason)")
            } else {
                note(title, expected: "an object of the repository", found: "nothing: the object is missing")
            }
            return nil
        }
        defer { git_odb_object_free(object) }
        guard git_odb_object_type(object) == kind.git else {
            note(title, expected: "a \(kind.rawValue)", found: "an object of another kind")
            return nil
        }
        return [UInt8](UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    private func note(_ object: String, expected: String, found: String) {
        problems.append(
            VerificationProblem(
                object, expected: expected, found: found,
                remedy: "fetch the run again from a repository that has it whole: serre runs fetch"))
    }
}

extension Ledger {
    /// The folder with objects and references, shared by all work trees, with a final `/`.
    var commonFolder: String {
        git_repository_commondir(repository).map { String(cString: $0) } ?? repositoryPath
    }
}
