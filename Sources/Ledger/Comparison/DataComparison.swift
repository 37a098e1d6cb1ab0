import Diagnostics

/// The files that two data manifests name with different digests.
enum DataComparison {
    /// Differences by file: any object of a manifest with a `sha256` and a `file`, `path` or `name` is one.
    static func differences(_ a: [UInt8]?, _ b: [UInt8]?, file: String) throws(Diagnostic) -> [ValueDifference] {
        try files(a, file).differences(from: files(b, file))
    }

    private static func files(_ manifest: [UInt8]?, _ path: String) throws(Diagnostic) -> FlatFiles {
        guard let manifest else { return FlatFiles() }
        var result = FlatFiles()
        result.collect(try RecordJSON.decode(JSONTree.self, from: manifest, path: path))
        result.entries.sort { $0.name < $1.name }
        return result
    }
}

/// Names and digests of files, sorted by name.
private struct FlatFiles {
    var entries: [(name: String, digest: String)] = []

    mutating func collect(_ value: JSONTree) {
        for element in value.elements { collect(element) }
        let name = ["file", "path", "name"].lazy.compactMap { value[$0]?.text }.first
        if let name, let digest = value["sha256"]?.text { entries.append((name, digest)) }
        for member in value.members { collect(member.value) }
    }

    func differences(from other: FlatFiles) -> [ValueDifference] {
        var (i, j) = (0, 0)
        var result = [ValueDifference]()
        while i < entries.count || j < other.entries.count {
            let ours = i < entries.count ? entries[i] : nil
            let theirs = j < other.entries.count ? other.entries[j] : nil
            if let ours, let theirs, ours.name == theirs.name {
                if ours.digest != theirs.digest { result.append(.init(ours.name, ours.digest, theirs.digest)) }
                (i, j) = (i + 1, j + 1)
            } else if let ours, theirs.map({ ours.name < $0.name }) ?? true {
                result.append(.init(ours.name, ours.digest, nil))
                i += 1
            } else if let theirs {
                result.append(.init(theirs.name, nil, theirs.digest))
                j += 1
            }
        }
        return result
    }
}
