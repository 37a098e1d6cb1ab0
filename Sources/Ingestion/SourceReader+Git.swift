import Diagnostics

/// Files of a git revision.
extension SourceReader {
    /// Cuts a revision's files into units; the version is the commit's id.
    func gitPlan(_ tree: GitTree) throws(Diagnostic) -> ReadingPlan {
        let repository = try GitRepository(tree.path)
        let (commit, root) = try repository.resolve(tree.revision)
        var walk = TreeWalk(
            repository: repository, globs: try globs(tree.include), languages: tree.languages, limits: limits,
            language: source.language)
        try walk.visit(root, below: "")
        return ReadingPlan(units: walk.finish(), version: hexadecimal(commit))
    }

    /// Reads the files of a unit.
    func readBlobs(_ list: BlobList, _ tree: GitTree, _ body: ItemBody) throws(Diagnostic) {
        let repository = try GitRepository(tree.path)
        for element in list.elements {
            switch element {
            case .skip(let skipped): try body(.skip(skipped))
            case .blob(let blob): try body(item(blob, repository))
            }
        }
    }

    private func item(_ blob: BlobList.Blob, _ repository: GitRepository) -> IngestedItem {
        guard blob.size <= limits.maximumDocumentBytes else {
            return .skip(
                SkippedInput(blob.path, .tooLong, "\(blob.size) bytes, more than \(limits.maximumDocumentBytes)"))
        }
        let file = DocumentFile(place: blob.path, language: blob.language, format: .plain)
        do throws(InputProblem) {
            return item(file, try repository.content(of: blob.id))
        } catch {
            guard case .skip(let reason, let detail) = error else { return .skip(SkippedInput(blob.path, .unreadable)) }
            return .skip(SkippedInput(blob.path, reason, detail))
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Goes through a revision's folders and gathers its files into units.
private struct TreeWalk {
    let repository: GitRepository
    let globs: [Glob]
    let languages: [String: String]
    let limits: IngestionLimits
    /// The language that the source states for all.
    let language: String?
    private var list = BlobList()
    private var units: [WorkUnit] = []

    init(
        repository: GitRepository, globs: [Glob], languages: [String: String], limits: IngestionLimits,
        language: String?
    ) {
        (self.repository, self.globs, self.languages) = (repository, globs, languages)
        (self.limits, self.language) = (limits, language)
    }

    mutating func visit(_ tree: [UInt8], below folder: String) throws(Diagnostic) {
        for entry in try repository.entries(ofTree: tree) {
            guard let name = entry.name else {
                add(.skip(SkippedInput(folder, .unreadable, "a name is not valid UTF-8")))
                continue
            }
            let path = folder + name
            switch entry.kind {
            case .folder: try visit(entry.id, below: path + "/")
            case .submodule: add(.skip(SkippedInput(path, .submodule)))
            case .link, .file:
                guard let language = programmingLanguage(of: name), globs.match(path) != .no else { continue }
                if entry.kind == .link {
                    add(.skip(SkippedInput(path, .link, "the file is read where it lies")))
                } else if let size = repository.size(of: entry.id) {
                    add(.blob(.init(path: path, id: entry.id, size: size, language: self.language ?? language)))
                } else {
                    add(.skip(SkippedInput(path, .unreadable, "the repository lacks the file's object")))
                }
            }
        }
    }

    private func programmingLanguage(of name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return languages[name[name.index(after: dot)...].lowercased()]
    }

    private mutating func add(_ element: BlobList.Element) {
        var size = 0
        if case .blob(let blob) = element { size = blob.size }
        let isFull = list.elements.count >= limits.unitFiles || list.bytes &+ size > limits.unitBytes
        if !list.elements.isEmpty, isFull { close() }
        list.elements.append(element)
        list.bytes &+= size
    }

    private mutating func close() {
        units.append(list.unit)
        list = BlobList()
    }

    /// All units.
    mutating func finish() -> [WorkUnit] {
        if !list.elements.isEmpty { close() }
        return units
    }
}
