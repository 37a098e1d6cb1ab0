/// Writes JSON over several lines, two spaces for each level, members in the order given.
///
/// ```swift
/// var json = JSONWriter(.foundation)
/// json.object {
///     $0.member("count", 3)
///     $0.member("names") { $0.list(["a", "b"]) { $0.text($1) } }
/// }
/// ```
/// Foundation's encoder gives the same; it takes some ten times as long, which in a small model's save is half of it all.
package struct JSONWriter {
    /// The forms in which others write JSON, byte for byte.
    package struct Form: Sendable {
        var betweenKeyAndValue: String
        /// Whether the brackets of an empty list stand on lines of their own, with an empty one between them.
        var breaksEmptyLists: Bool
        var names: JSONString.ControlNames

        /// Foundation's `JSONEncoder`, pretty-printed and with plain slashes; keys are to be given in the order of their bytes.
        package static let foundation = Form(betweenKeyAndValue: " : ", breaksEmptyLists: true, names: .all)
        /// `serde_json`, pretty-printed, as Hugging Face's `tokenizers` writes.
        package static let serde = Form(betweenKeyAndValue: ": ", breaksEmptyLists: false, names: .none)
    }

    package private(set) var bytes: [UInt8] = []
    private let form: Form
    private var depth = 0
    /// Whether the list or object being written has something in it.
    private var hasElements = false

    package init(_ form: Form) { self.form = form }

    package mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

    /// Writes a key; `value` writes what belongs to it.
    package mutating func member(_ key: String, _ value: (inout JSONWriter) -> Void) {
        beginElement()
        text(key)
        bytes += form.betweenKeyAndValue.utf8
        value(&self)
    }

    package mutating func member(_ key: String, _ number: Int) { member(key) { $0.word(String(number)) } }

    package mutating func member(_ key: String, _ text: String) { member(key) { $0.text(text) } }

    package mutating func list<Element>(_ elements: [Element], _ body: (inout JSONWriter, Element) -> Void) {
        nest("[", "]") { writer in
            for element in elements {
                writer.beginElement()
                body(&writer, element)
            }
            if elements.isEmpty, writer.form.breaksEmptyLists {
                writer.bytes.append(newline)
                writer.hasElements = true
            }
        }
    }

    /// A number, a truth value or null.
    package mutating func word(_ text: String) { bytes += text.utf8 }

    /// A string.
    package mutating func text(_ text: String) { JSONString.append(text.utf8, to: &bytes, naming: form.names) }

    private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        let outer = hasElements
        hasElements = false
        bytes.append(UInt8(ascii: open))
        depth += 1
        body(&self)
        depth -= 1
        if hasElements { breakLine() }
        bytes.append(UInt8(ascii: close))
        hasElements = outer
    }

    private mutating func beginElement() {
        if hasElements { bytes.append(UInt8(ascii: ",")) }
        hasElements = true
        breakLine()
    }

    private mutating func breakLine() {
        bytes.append(newline)
        for _ in 0..<depth { bytes += "  ".utf8 }
    }
}

private let newline = UInt8(ascii: "\n")
