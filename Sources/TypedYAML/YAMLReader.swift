import Diagnostics

/// Reads one section whose keys are the cases of an enumeration.
///
/// ```swift
/// enum Key: String, CaseIterable { case layers, hidden, ffn }
/// let model = try document.value.section(Key.self)
/// let layers = try model.required(.layers).integer(in: 1...)
/// let ffn = try model.optional(.ffn)?.integer(in: 1...) ?? 4 * hidden
/// ```
///
/// A key of the file that is no case of the enumeration is refused before anything is read.
public struct YAMLReader<Key> where Key: CaseIterable & RawRepresentable, Key.RawValue == String {
    /// The section itself.
    public let value: YAMLValue
    private let entries: [YAMLNode.Entry]

    fileprivate init(_ value: YAMLValue) throws(Diagnostic) {
        self.value = value
        let keys = Key.allCases.map(\.rawValue)
        switch value.node.content {
        case .mapping(let entries): self.entries = entries
        case .scalar where value.node.isNull: entries = []
        case .scalar, .sequence:
            throw Diagnostic(
                "\(value.subject).wrong-type", "the value is of another type", at: value.location,
                expected: "a section with the keys \(keys.joined(separator: ", "))", found: value.node.described)
        }
        for entry in entries where !keys.contains(entry.key) { throw unknownKey(entry, among: keys) }
    }

    /// The value of a key, or `nil` if the key is absent or null.
    public func optional(_ key: Key) -> YAMLValue? {
        guard let entry = entries.first(where: { $0.key == key.rawValue }), !entry.value.isNull else { return nil }
        return child(entry)
    }

    /// The value of a key that must be there.
    public func required(_ key: Key) throws(Diagnostic) -> YAMLValue {
        if let value = optional(key) { return value }
        let path = (value.path + [key.rawValue]).joined(separator: ".")
        throw Diagnostic(
            "\(value.subject).missing-key", "the key is missing",
            at: value.node.origin.location(file: value.file, key: path), remedy: "add \(key.rawValue): and its value")
    }

    /// The section under a key; an absent one reads as empty, so that its required keys are reported by name.
    public func section<Nested>(_ key: Key, _ keys: Nested.Type) throws(Diagnostic) -> YAMLReader<Nested> {
        let entry =
            entries.first { $0.key == key.rawValue }
            ?? YAMLNode.Entry(
                key: key.rawValue, origin: value.node.origin,
                value: YAMLNode(.mapping([]), origin: value.node.origin))
        return try child(entry).section(keys)
    }

    private func child(_ entry: YAMLNode.Entry) -> YAMLValue {
        YAMLValue(node: entry.value, subject: value.subject, file: value.file, path: value.path + [entry.key])
    }

    private func unknownKey(_ entry: YAMLNode.Entry, among keys: [String]) -> Diagnostic {
        let path = (value.path + [shown(entry.key)]).joined(separator: ".")
        return Diagnostic(
            "\(value.subject).unknown-key", "unknown key",
            at: entry.origin.location(file: value.file, key: path),
            expected: keys.count == 1 ? keys[0] : "one of \(keys.joined(separator: ", "))",
            found: "\"\(shown(entry.key))\"",
            remedy: suggestion(for: entry.key, among: keys).map { "did you mean \($0)?" })
    }
}

extension YAMLValue {
    /// Reads this value as a section with the keys of an enumeration.
    public func section<Key>(_ keys: Key.Type) throws(Diagnostic) -> YAMLReader<Key> {
        try YAMLReader<Key>(self)
    }
}

/// The nearest key by spelling, or else the only one that begins with the same word (`warmup_steps`, `warmup_samples`).
private func suggestion(for key: String, among keys: [String]) -> String? {
    if let nearest = nearestWord(to: key, among: keys) { return nearest }
    let first = key.prefix { $0 != "_" }
    let related = keys.filter { $0.prefix { $0 != "_" } == first }
    return related.count == 1 ? related[0] : nil
}
