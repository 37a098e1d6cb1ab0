/// A piece of YAML with the place it came from: a scalar, a mapping in file order, or a sequence.
public struct YAMLNode: Sendable, Equatable {
    public var content: Content
    public var origin: Origin

    public enum Content: Sendable, Equatable {
        /// The text as written, without quotes; a plain scalar may stand for a number, a truth value or nothing.
        case scalar(String, quoted: Bool)
        case mapping([Entry])
        case sequence([YAMLNode])
    }

    /// One key of a mapping with its value.
    public struct Entry: Sendable, Equatable {
        public var key: String
        public var origin: Origin
        public var value: YAMLNode

        public init(key: String, origin: Origin, value: YAMLNode) {
            self.key = key
            self.origin = origin
            self.value = value
        }
    }

    /// Where a node was written.
    public enum Origin: Sendable, Equatable {
        /// A line of the document's file, counted from 1.
        case line(Int)
        /// An override; the label is what a message shows, such as `--set model.layers`.
        case commandLine(String)
    }

    public init(_ content: Content, origin: Origin) {
        self.content = content
        self.origin = origin
    }

    /// Whether the node is the empty value (`null`, `~` or nothing).
    public var isNull: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What a message calls this node under "found".
    public var described: String {
        switch content {
        case .scalar where isNull: "nothing"
        case .scalar(let text, quoted: false): shown(text)
        case .scalar(let text, quoted: true): "the text \"\(shown(text))\""
        case .mapping(let entries): entries.isEmpty ? "an empty section" : "a section with keys"
        case .sequence: "a list"
        }
    }
}

/// A text of the file as a message shows it: short, and without what would disturb a terminal.
func shown(_ text: String) -> String {
    let short = text.count > 60 ? text.prefix(60) + "…" : text[...]
    return String(short.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "�" : $0 })
}
