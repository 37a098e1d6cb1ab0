/// One JSON object on one line, its keys in the order they are given.
package struct JSONLine {
    package private(set) var bytes: [UInt8]

    package init() { bytes = [UInt8(ascii: "{")] }

    /// Goes on after a value that ends with `bytes`.
    package init(continuing bytes: [UInt8]) { self.bytes = bytes }

    package mutating func write(_ key: String, _ text: String) {
        writeKey(key)
        JSONString.append(text.utf8, to: &bytes)
    }

    package mutating func write(_ key: String, text: [UInt8]) {
        writeKey(key)
        JSONString.append(text, to: &bytes)
    }

    /// Nothing where the text is absent.
    package mutating func write(_ key: String, _ text: String?) {
        if let text { write(key, text) }
    }

    package mutating func write(_ key: String, _ number: Int) {
        writeKey(key)
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Lists of texts.
    package mutating func write(_ key: String, _ lists: [[String]]) {
        writeKey(key)
        bytes.append(UInt8(ascii: "["))
        for (number, list) in lists.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "["))
            for (place, text) in list.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONString.append(text.utf8, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Writes a key and the quote that begins its text, for somebody else to go on with.
    package mutating func open(_ key: String) {
        writeKey(key)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Ends the object and its line.
    package mutating func end() { bytes.append(contentsOf: [UInt8(ascii: "}"), 10]) }

    private mutating func writeKey(_ key: String) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        JSONString.append(key.utf8, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
