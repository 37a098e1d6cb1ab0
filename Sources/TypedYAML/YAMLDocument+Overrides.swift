import Diagnostics

extension YAMLDocument {
    /// Applies one override of the form `path.to.key=value`, as `--set` and `--set-profile` give it.
    ///
    /// The value is read as YAML. A path that is not in the document is added: if no such key is known, reading the
    /// document reports it, with the override as its place. Throws `<subject>.override` for a malformed override.
    public mutating func set(_ assignment: String, flag: String = "--set") throws(Diagnostic) {
        guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
            throw Diagnostic(
                "\(subject).override", "the override has no value", at: .init(file: flag),
                expected: "path.to.key=value", found: "\"\(assignment)\"")
        }
        let path = assignment[..<equals]
        try set(
            String(path), to: String(assignment[assignment.index(after: equals)...]), shownAs: "\(flag) \(path)")
    }

    /// Puts a value, read as YAML, at a dotted path; messages about it show `label` as its place.
    public mutating func set(_ path: String, to text: String, shownAs label: String) throws(Diagnostic) {
        let components = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !components.contains("") else {
            throw Diagnostic(
                "\(subject).override", "the path has an empty part", at: .init(file: label),
                expected: "keys joined by single points", found: "\"\(path)\"")
        }
        let origin = YAMLNode.Origin.commandLine(label)
        guard !text.allSatisfy(\.isWhitespace) else {
            throw Diagnostic(
                "\(subject).override", "the key is given nothing", at: .init(file: label), expected: "\(path)=VALUE",
                remedy: "write \(path)=null for what holds where nothing is said, or \(path)='\"\"' for an empty text")
        }
        let value: YAMLNode
        do throws(Diagnostic) {
            value = try Self.parse(text, subject: subject, file: nil) { _ in origin }
        } catch {
            var explained = error
            explained.remedy = "text with special characters needs quotes of its own: path.to.key='\"text\"'"
            throw explained
        }
        root = try Self.replacing(components[...], in: root, by: value, subject: subject, label: label)
    }

    private static func replacing(
        _ path: ArraySlice<String>, in node: YAMLNode, by value: YAMLNode, subject: String, label: String
    ) throws(Diagnostic) -> YAMLNode {
        guard let key = path.first else { return value }
        var entries: [YAMLNode.Entry]
        switch node.content {
        case .mapping(let present): entries = present
        case .scalar where node.isNull: entries = []
        case .scalar, .sequence:
            throw Diagnostic(
                "\(subject).override", "the path goes through a value that has no keys", at: .init(file: label),
                expected: "a section before .\(key)", found: node.described)
        }
        let index = entries.firstIndex { $0.key == key }
        let old = index.map { entries[$0].value } ?? YAMLNode(.mapping([]), origin: value.origin)
        let entry = YAMLNode.Entry(
            key: key, origin: value.origin,
            value: try replacing(path.dropFirst(), in: old, by: value, subject: subject, label: label))
        if let index { entries[index].value = entry.value } else { entries.append(entry) }
        return YAMLNode(.mapping(entries), origin: node.origin)
    }
}
