import Diagnostics

extension YAMLValue {
    /// The elements of a list; a message about one of them names it by its number, such as `sources.2.path`, from 1.
    ///
    /// Throws `<subject>.wrong-type` for anything but a list; `what` is what a message calls the elements.
    public func elements(_ what: String = "values") throws(Diagnostic) -> [YAMLValue] {
        guard case .sequence(let nodes) = node.content else { throw notA("a list of \(what)") }
        return nodes.enumerated().map { number, node in
            YAMLValue(node: node, subject: subject, file: file, path: path + ["\(number + 1)"])
        }
    }

    /// The entries of a section whose keys are not known beforehand, such as language codes, in file order.
    public func entries(_ what: String = "keys") throws(Diagnostic) -> [(key: String, value: YAMLValue)] {
        if node.isNull { return [] }
        guard case .mapping(let entries) = node.content else { throw notA("a section of \(what)") }
        return entries.map { entry in
            (entry.key, YAMLValue(node: entry.value, subject: subject, file: file, path: path + [entry.key]))
        }
    }

    /// The text of this value, or the texts of a list of them.
    public func texts() throws(Diagnostic) -> [String] {
        guard case .sequence = node.content else { return [try text()] }
        var texts = [String]()
        for element in try elements("texts") { texts.append(try element.text()) }
        return texts
    }

    private func notA(_ expected: String) -> Diagnostic {
        Diagnostic(
            "\(subject).wrong-type", "the value is of another type", at: location, expected: expected,
            found: node.described)
    }
}

extension YAMLWriter {
    /// Writes a key and a list of sections; each body writes one of them.
    public mutating func list<Element>(
        _ key: String, _ elements: [Element], _ body: (inout YAMLWriter, Element) -> Void
    ) {
        if elements.isEmpty { return writeLine("\(key): []") }
        writeLine("\(key):")
        for element in elements { item { body(&$0, element) } }
    }

    /// Writes a text that stands alone, as an element of a list.
    public mutating func write(_ value: String) { writeLine(Self.quotedIfNeeded(value)) }

    /// Writes a key and a list of texts on one line.
    public mutating func write(_ key: String, _ values: [String]) {
        writeLine("\(key): [\(values.map(Self.quotedIfNeeded).joined(separator: ", "))]")
    }
}
