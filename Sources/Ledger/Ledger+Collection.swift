import CGit2
import Diagnostics
import Foundation

/// What `git gc --prune=now` may take away meanwhile, and how it comes back.
///
/// Git's collector deletes loose objects that no reference led to when it looked, new ones included if the user asks for
/// `--prune=now`. The objects of an event are written before the reference moves, so a collector that looked before the
/// move may delete them after it. They are therefore kept in memory until they are found in place at a time when no
/// collector is at work, and written again if not. A collector that starts after the move spares them.
extension Ledger {
    /// Writes again what is missing of the newest events.
    func settle() throws(Diagnostic) {
        guard !unsettled.isEmpty else { return }
        // Asked first: a collector that ends now may yet take something before it does.
        let isCollected = isBeingCollected
        let store = try ObjectStore(folder: objectsPath)
        for object in unsettled where !store.has(object.id) { try store.write(object) }
        // With a collector at work they are looked at once more, at the next event.
        if !isCollected { unsettled = [] }
    }

    /// Whether `git gc` is at work on this repository: its `gc.pid` names a process that lives, or one of another host.
    var isBeingCollected: Bool {
        let path = commonPath + "gc.pid"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
        let words = text.split(separator: " ")
        guard words.count == 2, let process = pid_t(words[0]) else { return false }
        if String(words[1]).trimmingCharacters(in: .whitespacesAndNewlines) == ProcessInfo.processInfo.hostName {
            return kill(process, 0) == 0 || errno == EPERM
        }
        // Git takes a file older than twelve hours for a leftover.
        var file = stat()
        return stat(path, &file) == 0 && Date().timeIntervalSince1970 - Double(file.st_mtim.tv_sec) < 12 * 3600
    }

    /// Waits until no collector is at work, up to a bound.
    func waitForCollector() {
        let end = ContinuousClock.now + .seconds(collectorPatienceSeconds)
        while isBeingCollected, ContinuousClock.now < end { usleep(20_000) }
    }

    /// Runs `body` again while it fails because an object that it had just written is gone.
    func whileObjectsVanish<R>(_ body: () throws(Diagnostic) -> R) throws(Diagnostic) -> R {
        for _ in 0..<Self.vanishingsMax {
            do throws(Diagnostic) {
                return try body()
            } catch {
                guard error.code == LibGit2.objectGone else { throw error }
                usleep(.random(in: 1_000...20_000))
            }
        }
        return try body()
    }

    private static let vanishingsMax = 200

    /// An object that has just been written.
    func object(_ id: git_oid) throws(Diagnostic) -> GitObject {
        var id = id
        let database = try LibGit2.made("cannot open the objects") { git_repository_odb($0, repository) }
        defer { git_odb_free(database) }
        let object = try LibGit2.made("cannot read the object \(id.hex)") { git_odb_read($0, database, &id) }
        defer { git_odb_object_free(object) }
        let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
        return GitObject(id: id, kind: git_odb_object_type(object), bytes: Array(bytes))
    }

    /// The blobs of `files`, the trees above them and the tree `root` that holds them.
    func objects(of files: [RecordFile], in root: git_oid) throws(Diagnostic) -> [GitObject] {
        let tree = try tree(root)
        defer { git_tree_free(tree) }
        var paths = Set<String>()
        for file in files {
            var path = Substring(file.path)
            paths.insert(file.path)
            while let slash = path.lastIndex(of: "/") {
                path = path[..<slash]
                paths.insert(String(path))
            }
        }
        var result = [try object(root)]
        for path in paths.sorted() {
            let entry = try LibGit2.made("cannot read \(path)") { git_tree_entry_bypath($0, tree, path) }
            defer { git_tree_entry_free(entry) }
            if let id = git_tree_entry_id(entry)?.pointee { result.append(try object(id)) }
        }
        return result
    }

    /// The files and folders of a tree that are not in place, in order; submodules are not looked into.
    func missingObjects(in root: git_oid) throws(Diagnostic) -> [String] {
        let store = try ObjectStore(folder: objectsPath)
        var folders = [root]
        var missing = [String]()
        while let folder = folders.popLast() {
            guard store.has(folder) else {
                missing.append(folder.hex)
                continue
            }
            let tree = try tree(folder)
            defer { git_tree_free(tree) }
            for position in 0..<git_tree_entrycount(tree) {
                guard let entry = git_tree_entry_byindex(tree, position), let id = git_tree_entry_id(entry)?.pointee
                else { continue }
                switch git_tree_entry_type(entry) {
                case GIT_OBJECT_TREE: folders.append(id)
                case GIT_OBJECT_BLOB where !store.has(id): missing.append(id.hex)
                default: break
                }
            }
        }
        return missing.sorted()
    }
}
