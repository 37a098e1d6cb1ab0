/// Gathers text whose white space means nothing but "here words end", into lines and paragraphs.
struct FlowingText {
    private var bytes: [UInt8] = []
    /// White space that is written before the next character, if there is one.
    private var pending = Gap.none

    private enum Gap: Int {
        case none, space, line, paragraph
    }

    /// Adds running text; any white space becomes one blank, and none at a line's beginning.
    mutating func append(_ text: some Collection<UInt8>) {
        for byte in text {
            if byte == 32 || (9...13).contains(byte) {
                widen(.space)
            } else {
                writeGap()
                bytes.append(byte)
            }
        }
    }

    /// Adds text as it stands, with its blanks and line ends.
    mutating func appendVerbatim(_ text: some Collection<UInt8>) {
        guard !text.isEmpty else { return }
        writeGap()
        bytes.append(contentsOf: text)
    }

    /// Ends the word, line or paragraph; does nothing where it has ended.
    mutating func endWord() { widen(.space) }
    mutating func endLine() { widen(.line) }
    mutating func endParagraph() { widen(.paragraph) }

    private mutating func widen(_ gap: Gap) {
        if gap.rawValue > pending.rawValue { pending = gap }
    }

    private mutating func writeGap() {
        defer { pending = .none }
        guard let last = bytes.last else { return }
        switch pending {
        case .none: break
        case .space: if last != 10 { bytes.append(32) }
        case .line: bytes.append(contentsOf: last == 10 ? [] : [10])
        case .paragraph: bytes.append(contentsOf: last == 10 ? [10] : [10, 10])
        }
    }

    /// The text, with one line end at its end.
    consuming func finish() -> [UInt8] {
        while let last = bytes.last, last == 32 || last == 10 { bytes.removeLast() }
        if !bytes.isEmpty { bytes.append(10) }
        return bytes
    }
}
