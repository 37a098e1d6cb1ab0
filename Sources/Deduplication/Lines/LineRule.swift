/// Which lines are templates: menus, licence headers, notices that a site prints on every page.
public struct LineRule: Sendable, Equatable {
    /// What is counted.
    public enum Counting: String, Sendable, CaseIterable {
        /// Every occurrence.
        case occurrences
        /// Documents: a line that one document repeats counts once.
        case documents
    }

    /// Shorter lines (in Unicode scalars, white space at both ends left out) are neither counted nor removed.
    public var charactersMin: Int
    /// Lines seen at least this often are removed everywhere.
    public var countMin: Int
    public var counting: Counting

    public init(charactersMin: Int, countMin: Int, counting: Counting) {
        self.charactersMin = charactersMin
        self.countMin = countMin
        self.counting = counting
    }

    /// ROOTS' template lines: at least 15 characters, seen at least 10 times.
    public static let templates = LineRule(charactersMin: 15, countMin: 10, counting: .occurrences)
    /// ROOTS' rule for its pseudo-crawled sites: any line that at least two documents share.
    public static let pseudoCrawl = LineRule(charactersMin: 1, countMin: 2, counting: .documents)
}

extension LineRule {
    /// The hash of a line of at least ``charactersMin`` characters, without the white space at its ends; `nil` for others.
    func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> UInt64? {
        let stripped = WhiteSpace.stripped(bytes, line)
        guard !stripped.isEmpty, stripped.count >= charactersMin else { return nil }
        // Scalars have at most four bytes: most lines are long enough at a glance.
        if stripped.count < charactersMin * 4 {
            let characters = stripped.count { bytes[$0] & 0xC0 != 0x80 }
            if characters < charactersMin { return nil }
        }
        return TextHash.hash(bytes.raw(stripped))
    }
}

/// Calls `body` with each line, line feed excluded: a text that ends with a line feed has no empty line after it.
func forEachLine(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    var start = 0
    while let end = lineFeed(bytes, from: start) {
        body(start..<end)
        start = end + 1
    }
    if start < bytes.count { body(start..<bytes.count) }
}

/// The place of the next line feed, found in eight bytes at a time.
private func lineFeed(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var index = start
    let raw = UnsafeRawBufferPointer(bytes)
    while index &+ 8 <= bytes.count {
        let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        // Zero where there is a line feed: of the bytes that are marked, the lowest surely is one.
        let differs = word ^ 0x0A0A_0A0A_0A0A_0A0A
        let marks = (differs &- 0x0101_0101_0101_0101) & ~differs & 0x8080_8080_8080_8080
        if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
        index &+= 8
    }
    while index < bytes.count {
        if bytes[index] == 10 { return index }
        index &+= 1
    }
    return nil
}
