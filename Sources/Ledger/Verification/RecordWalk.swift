/// Reads a run's chain and everything that it reaches, each object once.
struct RecordWalk {
    /// A commit of the chain, and what it changed in the record's tree.
    struct Commit {
        var id: String
        var message: RecordMessage?
        var parents: Int
        var isSigned: Bool
        /// Files new or other than in the commit before, and files gone; sorted by path, those below `code/` left out.
        var written: [File]
        var removed: [String]
        /// The tree of `code/`, if there is one.
        var code: String?

        /// What people call the commit.
        var title: String {
            guard let message else { return "commit \(id)" }
            return "commit \(id) (\(message.kind)\(message.step.map { " at step \($0)" } ?? ""))"
        }
    }

    /// A file of the record.
    struct File {
        var path: String
        var blob: String
        /// Whether the path had another content before.
        var replaces: Bool
    }

    private let reader: ObjectReader
    private var trees: [String: [TreeEntry]] = [:]
    /// Objects below `code/` that were read already.
    private var visited: Set<String> = []
    private(set) var report: VerificationReport
    /// The files at the tip, by path; and the bytes of those that could be read, by blob.
    private(set) var files: [String: String] = [:]
    private(set) var contents: [String: [UInt8]] = [:]
    /// The commits that could be read, oldest first.
    private(set) var commits: [Commit] = []
    /// Whether the chain was read down to its start.
    private(set) var isComplete = false

    init(_ reader: ObjectReader, _ report: VerificationReport) {
        (self.reader, self.report) = (reader, report)
    }

    /// Reads the chain that ends at `tip`, newest first, then the trees in the order in which they were written.
    mutating func read(from tip: String) {
        var chain: [(id: String, commit: CommitObject)] = []
        var next: String? = tip
        while let id = next {
            next = nil
            report.count("commits")
            guard
                let bytes = reader.read(
                    id, .commit, chain.isEmpty ? "the newest of the run" : "parent of \(chain[chain.count - 1].id)")
            else { break }
            guard let commit = CommitObject(bytes) else {
                report.problems.append(.init("commit \(id)", expected: "a commit of a record", found: "no commit"))
                break
            }
            chain.append((id, commit))
            isComplete = commit.parents.isEmpty
            next = commit.parents.first
        }
        for (id, commit) in chain.reversed() { add(id, commit) }
        report.problems += reader.problems
    }

    private mutating func add(_ id: String, _ commit: CommitObject) {
        var result = Commit(
            id: id, message: RecordMessage(parsing: commit.message), parents: commit.parents.count,
            isSigned: commit.isSigned, written: [], removed: [])
        var found: [(path: String, blob: String)] = []
        if list(commit.tree, below: "", &found, &result.code) {
            let before = files
            files = [:]
            for (path, blob) in found {
                files[path] = blob
                guard before[path] != blob else { continue }
                result.written.append(File(path: path, blob: blob, replaces: before[path] != nil))
                readBlob(blob, path)
            }
            result.removed = before.keys.filter { files[$0] == nil }.sorted()
        }
        commits.append(result)
    }

    private mutating func readBlob(_ blob: String, _ path: String) {
        guard contents[blob] == nil, visited.insert(blob).inserted else { return }
        report.count("files")
        contents[blob] = reader.read(blob, .blob, path)
    }

    private mutating func entries(_ tree: String, _ path: String) -> [TreeEntry]? {
        if let known = trees[tree] { return known }
        guard visited.insert(tree).inserted else { return nil }
        report.count("trees")
        let name = path.isEmpty ? "the record's tree" : path
        guard let bytes = reader.read(tree, .tree, name) else { return nil }
        guard let entries = TreeEntry.entries(bytes) else {
            report.problems.append(.init("tree \(tree) (\(name))", expected: "a tree", found: "no tree"))
            return nil
        }
        trees[tree] = entries
        return entries
    }

    /// Lists the files of a tree outside `code/`; false when a tree could not be read.
    private mutating func list(
        _ tree: String, below folder: String, _ found: inout [(path: String, blob: String)], _ code: inout String?
    ) -> Bool {
        guard let entries = entries(tree, folder) else { return false }
        var isWhole = true
        for entry in entries {
            let path = folder + entry.name
            if path == RecordFormat.Path.code, entry.isTree {
                code = entry.id
                readCode(entry.id, below: path + "/")
            } else if entry.isTree {
                if !list(entry.id, below: path + "/", &found, &code) { isWhole = false }
            } else if !entry.isSubmodule {
                found.append((path, entry.id))
            }
        }
        return isWhole
    }

    /// Reads a tree of the user's code, whose contents are not kept.
    private mutating func readCode(_ tree: String, below folder: String) {
        guard !visited.contains(tree), let entries = entries(tree, folder) else { return }
        for entry in entries where !entry.isSubmodule {
            if entry.isTree {
                readCode(entry.id, below: "\(folder)\(entry.name)/")
            } else if visited.insert(entry.id).inserted {
                report.count("files")
                _ = reader.read(entry.id, .blob, folder + entry.name)
            }
        }
    }
}
