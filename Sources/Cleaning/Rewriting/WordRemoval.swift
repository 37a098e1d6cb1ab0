/// Takes words out of texts, with the white space that would remain twice.
enum WordRemoval {
    /// Removes every piece between white space for which `isUnwanted` holds; returns how many there were.
    ///
    /// Of the white space before and after a removed piece the one with more line breaks stays, the first of equals.
    static func remove(
        from text: inout [UInt8], where isUnwanted: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Int {
        var removed = 0
        let kept = text.withUnsafeMutableBufferPointer { text in
            let bytes = UnsafeBufferPointer(text)
            let table = CharacterTable.shared
            var read = 0
            var write = 0
            var space = 0..<0
            var isAfterRemoval = false
            while read < bytes.count {
                let found = spaceRun(bytes, &read, table)
                space = isAfterRemoval ? stronger(space, found, bytes, isAtStart: write == 0) : found
                let start = read
                skipWord(bytes, &read, table)
                if start == read { break }
                let word = UnsafeBufferPointer(rebasing: bytes[start..<read])
                isAfterRemoval = isUnwanted(word)
                if isAfterRemoval {
                    removed &+= 1
                    continue
                }
                copy(space, text, &write)
                copy(start..<read, text, &write)
                space = read..<read
            }
            if !isAfterRemoval { copy(space, text, &write) }
            return write
        }
        text.removeLast(text.count - kept)
        return removed
    }

    private static func stronger(
        _ first: Range<Int>, _ second: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>, isAtStart: Bool
    ) -> Range<Int> {
        if isAtStart { return first }
        let breaks = { (range: Range<Int>) in bytes[range].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) } }
        return breaks(second) > breaks(first) ? second : first
    }

    private static func copy(_ range: Range<Int>, _ text: UnsafeMutableBufferPointer<UInt8>, _ write: inout Int) {
        if range.lowerBound != write {
            for place in range { text[write &+ place &- range.lowerBound] = text[place] }
        }
        write &+= range.count
    }

    /// The range of the white space at `index`, which moves behind it.
    private static func spaceRun(
        _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ table: CharacterTable
    ) -> Range<Int> {
        let start = index
        while index < bytes.count {
            var next = index
            guard table.characterClass(readScalar(bytes, &next)).contains(.space) else { break }
            index = next
        }
        return start..<index
    }

    private static func skipWord(
        _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ table: CharacterTable
    ) {
        while index < bytes.count {
            let byte = bytes[index]
            if byte > 0x20, byte < 0x80 {
                index &+= 1
                continue
            }
            var next = index
            if table.characterClass(readScalar(bytes, &next)).contains(.space) { return }
            index = next
        }
    }

    /// A word without the special characters at its two ends.
    static func trimmed(_ word: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let table = CharacterTable.shared
        var index = 0
        var start: Int?
        var end = 0
        while index < word.count {
            let place = index
            let isSpecial = table.characterClass(readScalar(word, &index)).contains(.special)
            if !isSpecial {
                if start == nil { start = place }
                end = index
            }
        }
        return UnsafeBufferPointer(rebasing: word[(start ?? 0)..<(start == nil ? 0 : end)])
    }
}

/// Takes out words with `http`, `www`, `.com`, `href` or `//`: what is left of links and markup.
public struct LinkWordRemoval: CleaningStage {
    public var name: String { "link-words" }

    public init() {}

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        guard text.withUnsafeBufferPointer({ Self.containsMark($0) }) else { return .kept(measure: nil) }
        let removed = WordRemoval.remove(from: &text) { word in
            // The whole word first: a mark at its very end is trimmed away only where it is punctuation.
            Self.containsMark(word) && Self.containsMark(WordRemoval.trimmed(word))
        }
        return removed == 0 ? .kept(measure: nil) : .changed(detail: "\(counted(removed, "word")) with links removed")
    }

    /// Whether `http`, `href`, `www`, `.com` or `//` is somewhere.
    private static func containsMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index &+ 1 < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "/"): if bytes[index &+ 1] == UInt8(ascii: "/") { return true }
            case UInt8(ascii: "h"): if follow(bytes, index, "ttp") || follow(bytes, index, "ref") { return true }
            case UInt8(ascii: "w"): if follow(bytes, index, "ww") { return true }
            case UInt8(ascii: "."): if follow(bytes, index, "com") { return true }
            default: break
            }
            index &+= 1
        }
        return false
    }

    /// Whether these letters stand behind the byte at a place.
    @inline(__always)
    private static func follow(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ letters: StaticString) -> Bool {
        let count = letters.utf8CodeUnitCount
        guard bytes.count &- index > count else { return false }
        for place in 0..<count where bytes[index &+ 1 &+ place] != letters.utf8Start[place] { return false }
        return true
    }
}

/// Takes out words of more characters than a limit, not counting the special characters around them.
public struct LongWordRemoval: CleaningStage {
    public var charactersMax: Int
    public var name: String { "long-words" }

    public init(charactersMax: Int) { self.charactersMax = charactersMax }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        let limit = charactersMax
        guard text.withUnsafeBufferPointer({ Self.hasPiece($0, longerThan: limit) }) else { return .kept(measure: nil) }
        let removed = WordRemoval.remove(from: &text) { word in
            word.count > limit && Self.characters(word) > limit
                && (Self.characters(WordRemoval.trimmed(word)) > limit || WordRemoval.trimmed(word).isEmpty)
        }
        if removed == 0 { return .kept(measure: nil) }
        return .changed(detail: "\(counted(removed, "word")) of more than \(counted(limit, "character")) removed")
    }

    /// Whether more than `limit` bytes follow each other without white space of ASCII among them: only then can there be a
    /// long word. Each step looks at the bytes from the farthest back to the last white space.
    private static func hasPiece(_ bytes: UnsafeBufferPointer<UInt8>, longerThan limit: Int) -> Bool {
        var start = 0
        while start &+ limit < bytes.count {
            var place = start &+ limit
            while place >= start, bytes[place] > 0x20 || !isSpace(bytes[place]) { place &-= 1 }
            if place < start { return true }
            start = place &+ 1
        }
        return false
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The number of characters: of bytes that begin one.
    private static func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        bytes.reduce(0) { $0 &+ ($1 & 0xC0 == 0x80 ? 0 : 1) }
    }
}
