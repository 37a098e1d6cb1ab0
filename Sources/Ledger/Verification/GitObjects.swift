/// A commit object, as its bytes say.
struct CommitObject {
    var tree: String
    var parents: [String]
    /// The message without the headers.
    var message: String
    /// Whether it carries a signature.
    var isSigned: Bool

    /// Reads a commit; `nil` for bytes that are none.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var headers: [(name: String, value: String)] = []
        while let end = rest.firstIndex(of: 10) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            // A line that begins with a space goes on with the header before it, such as a signature.
            guard line.first != 32, let space = line.firstIndex(of: 32) else { continue }
            headers.append(
                (String(decoding: line[..<space], as: UTF8.self), String(decoding: line[(space + 1)...], as: UTF8.self))
            )
        }
        guard let first = headers.first, first.name == "tree" else { return nil }
        tree = first.value
        parents = headers.filter { $0.name == "parent" }.map(\.value)
        isSigned = headers.contains { $0.name == "gpgsig" }
        message = String(decoding: rest, as: UTF8.self)
    }
}

/// An entry of a tree object.
struct TreeEntry: Equatable {
    var name: String
    var mode: Int
    var id: String

    var isTree: Bool { mode == 0o040000 }
    /// A commit of another repository, which this one need not have.
    var isSubmodule: Bool { mode == 0o160000 }

    /// The entries of a tree object, in its order; `nil` for bytes that are none.
    static func entries(_ bytes: [UInt8]) -> [TreeEntry]? {
        var entries: [TreeEntry] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: 32), let end = rest[space...].firstIndex(of: 0),
                rest.endIndex - end > 20, let mode = Int(String(decoding: rest[..<space], as: UTF8.self), radix: 8)
            else { return nil }
            let name = String(decoding: rest[(space + 1)..<end], as: UTF8.self)
            let id = rest[(end + 1)...(end + 20)]
            entries.append(TreeEntry(name: name, mode: mode, id: hexadecimal(id)))
            rest = rest[(end + 21)...]
        }
        return entries
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
