/// Evens out white space: one space between words, no space at the ends of lines, at most one empty line in a row.
///
/// Carriage returns and line separators become line feeds; lines stay lines, since later stages compare them (ROOTS
/// joined them into one, having no such stage after this one).
public struct WhitespaceNormalisation: CleaningStage {
    public var name: String { "whitespace" }

    public init() {}

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        var isChanged = false
        let kept = text.withUnsafeMutableBufferPointer { text in
            Self.marks.withUnsafeBufferPointer { Self.normalise(text, $0, isChanged: &isChanged) }
        }
        let removed = text.count - kept
        text.removeLast(removed)
        return isChanged ? .changed(detail: "\(counted(removed, "byte")) of white space less") : .kept(measure: nil)
    }

    /// For each byte: 1 if it is surely part of no white space, 2 if it is a space or a line feed.
    private static let marks: [UInt8] = (0...UInt8.max).map { isPlain($0) ? 1 : $0 == 0x20 || $0 == 0x0A ? 2 : 0 }

    /// Whether a byte stays as it is before another, both given by their marks, provided that it isn't the text's first.
    @inline(__always)
    private static func stays(_ mark: UInt8, before next: UInt8) -> Bool {
        (mark | mark &>> 1 & next) & 1 != 0
    }

    /// Rewrites in place; returns the number of bytes that remain.
    private static func normalise(
        _ text: UnsafeMutableBufferPointer<UInt8>, _ marks: UnsafeBufferPointer<UInt8>, isChanged: inout Bool
    ) -> Int {
        let bytes = UnsafeBufferPointer(text)
        let table = CharacterTable.shared
        var read = 0
        var write = 0
        while read < bytes.count {
            let start = read
            // The usual case, told by one branch for words and the spaces between them.
            if write > 0 || isPlain(bytes, read) {
                while read &+ 1 < bytes.count, stays(marks[Int(bytes[read])], before: marks[Int(bytes[read &+ 1])]) {
                    read &+= 1
                }
            }
            while read < bytes.count,
                isPlain(bytes, read) || isPlainSpace(bytes, read, isInside: write > 0 || read > start)
            { read &+= 1 }
            if read > start {
                move(start..<read, in: text, to: &write)
                continue
            }
            if bytes[read] >= 0x80 {
                // The beginning of a space, or of a letter near one.
                var next = read
                if !table.characterClass(readScalar(bytes, &next)).contains(.space) {
                    read = next
                    move(start..<read, in: text, to: &write)
                    continue
                }
            }
            let run = SpaceRun(bytes, &read, table)
            if run.isEmpty {
                _ = readScalar(bytes, &read)
                move(start..<read, in: text, to: &write)
                continue
            }
            // Nothing of a run stays at the beginning and at the end.
            let isInside = write > 0 && read < bytes.count
            let (byte, count) = isInside ? run.replacement : (0x20, 0)
            isChanged = isChanged || read &- start != count || bytes[start..<read].contains { $0 != byte }
            for _ in 0..<count {
                text[write] = byte
                write &+= 1
            }
        }
        return write
    }
}

/// Moves bytes to an earlier place, or leaves them where they are.
@inline(__always)
private func move(_ range: Range<Int>, in text: UnsafeMutableBufferPointer<UInt8>, to write: inout Int) {
    if write != range.lowerBound, let base = text.baseAddress {
        (base + write).update(from: base + range.lowerBound, count: range.count)
    }
    write &+= range.count
}

@inline(__always)
private func isPlain(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool { isPlain(bytes[place]) }

/// Whether a byte is surely part of no white space.
@inline(__always)
private func isPlain(_ byte: UInt8) -> Bool {
    if byte < 0x80 { return byte > 0x20 }
    // Lead bytes of U+0085 and U+00A0, U+1680, U+2000…, U+3000 and U+FEFF.
    return byte != 0xC2 && byte != 0xE1 && byte != 0xE2 && byte != 0xE3 && byte != 0xEF
}

/// Whether the byte at a place is a lone space or line feed that stays as it is: the usual case.
@inline(__always)
private func isPlainSpace(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, isInside: Bool) -> Bool {
    (bytes[place] == 0x20 || bytes[place] == 0x0A) && isInside && place &+ 1 < bytes.count
        && isPlain(bytes, place &+ 1)
}

/// A run of white space and what it becomes.
private struct SpaceRun {
    private var lineBreaks = 0
    private(set) var isEmpty = true

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ table: CharacterTable) {
        var isAfterReturn = false
        while index < bytes.count {
            var next = index
            let scalar = readScalar(bytes, &next)
            guard table.characterClass(scalar).contains(.space) else { return }
            index = next
            isEmpty = false
            switch scalar {
            case 0x0A: lineBreaks &+= isAfterReturn ? 0 : 1
            case 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029: lineBreaks &+= 1
            default: break
            }
            isAfterReturn = scalar == 0x0D
        }
    }

    /// The byte that it becomes, and how many of them.
    var replacement: (byte: UInt8, count: Int) {
        lineBreaks == 0 ? (0x20, 1) : (0x0A, min(lineBreaks, 2))
    }
}
