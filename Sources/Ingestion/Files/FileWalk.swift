import Diagnostics
import Foundation

/// Finds the files below a folder, in byte-wise order of their paths.
///
/// Names that begin with a dot are passed over. A link to a file inside the root is followed; a link to a folder would
/// give its files twice or leave the root, and is skipped, which also rules out loops.
struct FileWalk {
    /// The folder, without links in its path.
    let root: String
    /// Which files are wanted, by their path below the root.
    let isWanted: (String) -> Bool
    /// Folders that are not entered, as whole paths.
    private let passedOver: Set<String>

    enum Found {
        case file(path: String, status: stat)
        case skip(SkippedInput)
    }

    /// Resolves the folder's path; throws `ingestion.source-missing` where there is none.
    init(
        root: String, passingOver passedOver: Set<String> = [], isWanted: @escaping (String) -> Bool
    ) throws(Diagnostic) {
        guard let real = realPath(root), fileStatus(real)?.isFolder == true else {
            throw Diagnostic("ingestion.source-missing", "there is no such folder", at: .init(file: root))
        }
        (self.root, self.isWanted, self.passedOver) = (real, isWanted, passedOver)
    }

    /// Visits the files and what was skipped; throws what `body` throws, and for a root that cannot be listed.
    func visit(_ body: (Found) throws(Diagnostic) -> Void) throws(Diagnostic) {
        guard let names = names(in: root) else {
            throw Diagnostic(
                "ingestion.source-missing", "cannot list the folder: \(String(cString: strerror(errno)))",
                at: .init(file: root))
        }
        try visit(names, below: "", body)
    }

    private func visit(
        _ names: [Name], below folder: String, _ body: (Found) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        for name in names {
            let path = folder + name.text
            guard name.isText else {
                try body(.skip(SkippedInput(path, .unreadable, "the name is not valid UTF-8")))
                continue
            }
            guard let status = fileStatus("\(root)/\(path)", followingLinks: false) else {
                try body(.skip(problem(path, errno)))
                continue
            }
            if status.isFolder {
                if passedOver.contains("\(root)/\(path)") { continue }
                guard let names = self.names(in: "\(root)/\(path)") else {
                    try body(.skip(problem(path, errno)))
                    continue
                }
                try visit(names, below: path + "/", body)
            } else if status.isLink {
                if let found = follow(path) { try body(found) }
            } else if isWanted(path) {
                try body(status.isRegular ? .file(path: path, status: status) : .skip(SkippedInput(path, .notAFile)))
            }
        }
    }

    /// What a link leads to; `nil` for a file that is not wanted.
    private func follow(_ path: String) -> Found? {
        func skip(_ detail: String) -> Found { .skip(SkippedInput(path, .link, detail)) }
        guard let target = realPath("\(root)/\(path)"), let status = fileStatus(target) else {
            return isWanted(path) || errno == ELOOP ? skip("leads nowhere: \(String(cString: strerror(errno)))") : nil
        }
        let isInside = target == root || target.hasPrefix(root + "/")
        if status.isFolder {
            if isInside, "\(root)/\(path)".hasPrefix(target + "/") { return skip("leads back to a folder above it") }
            return skip(isInside ? "leads to another folder of the source" : "leads out of the source")
        }
        guard isWanted(path) else { return nil }
        guard isInside else { return skip("leads out of the source") }
        return status.isRegular ? .file(path: path, status: status) : .skip(SkippedInput(path, .notAFile))
    }

    private func problem(_ path: String, _ code: Int32) -> SkippedInput {
        if case .skip(let reason, let detail) = InputProblem.system(code) { return SkippedInput(path, reason, detail) }
        return SkippedInput(path, .unreadable)
    }
}

// MARK: - Listing

private struct Name {
    var text: String
    /// Whether the name is UTF-8; otherwise `text` is only for people.
    var isText: Bool
    /// What the order is by: a folder's files come where its path with a slash belongs among all paths.
    var key: [UInt8]
}

extension FileWalk {
    /// The names in a folder in the order in which their paths go; `nil` with `errno` where it cannot be listed.
    private func names(in folder: String) -> [Name]? {
        guard let handle = opendir(folder) else { return nil }
        defer { closedir(handle) }
        var names = [Name]()
        while let entry = readdir(handle) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes.first == UInt8(ascii: ".") { continue }
            let text = String(validating: bytes, as: UTF8.self)
            var isFolder = entry.pointee.d_type == UInt8(DT_DIR)
            if entry.pointee.d_type == UInt8(DT_UNKNOWN), let text {
                isFolder = fileStatus("\(folder)/\(text)", followingLinks: false)?.isFolder ?? false
            }
            names.append(
                Name(
                    text: text ?? String(decoding: bytes, as: UTF8.self), isText: text != nil,
                    key: isFolder ? bytes + [UInt8(ascii: "/")] : bytes))
        }
        return names.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// A path without links, dots and doubled slashes; `nil` with `errno` where it leads nowhere.
func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(validatingCString: real)
}

/// What the system knows of a path; `nil` with `errno` where it names nothing.
func fileStatus(_ path: String, followingLinks: Bool = true) -> stat? {
    var status = stat()
    return (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 ? status : nil
}

extension stat {
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
    var modifiedNanoseconds: Int { Int(st_mtim.tv_sec) &* 1_000_000_000 &+ Int(st_mtim.tv_nsec) }
}
