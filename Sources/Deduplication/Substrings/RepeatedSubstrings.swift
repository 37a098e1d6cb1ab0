/// Finds the stretches of at least `bytesMin` bytes that earlier text has already, exactly and in one pass.
///
/// ```swift
/// var repeats = RepeatedSubstrings()
/// for number in texts.indices { let bytes = repeats.remove(from: &texts[number]) }
/// ```
///
/// A window of `bytesMin` bytes goes if the same bytes lie in an earlier document, or earlier in this one without
/// overlapping it; so of every repeat the first occurrence stays. What goes is cut inwards to whole UTF-8 characters. A
/// suffix array finds the same stretches; this needs less memory, and no second pass.
///
/// How: the least hash of the runs of `bytesMin / 2` bytes inside a window is the window's anchor, and equal windows have
/// equal anchors (winnowing: Schleimer, Wilkerson, Aiken 2003). Text whose anchors are all new repeats nothing, and costs
/// one look at a table for some 13 bytes. Where an anchor was met before, the text around it is compared, to both sides,
/// with that around the anchor's earlier places: this tells of some 13 windows at once. An anchor with many places (a row
/// of spaces) has its windows entered one by one into a table of hashes instead. Bytes decide in the end, so that neither
/// collisions nor texts of one letter are special.
///
/// Memory: the text, 21 to 43 bytes for each of its anchors (some 1.6 to 3.2 bytes per byte of text), and at most some 16
/// to 32 for each distinct window around anchors that repeat, which is what ``memoryBytes`` counts them as. When this
/// exceeds `memoryBytesMax`, all is forgotten and a new shard begins with the next document: **repeats of text from earlier
/// shards are not found**. ``shards`` counts them.
public struct RepeatedSubstrings: Sendable {
    /// The shortest stretch that is found; 50 in ROOTS.
    public let bytesMin: Int
    public let memoryBytesMax: Int
    /// The shards begun so far: in more than one, repeats across them are missed.
    public private(set) var shards = 1
    private let runBytes: Int
    private var shard: SubstringShard

    /// `bytesMin` of at least 8, and a bound on the memory of text and tables: at most 4 GiB of text whatever it says.
    public init(bytesMin: Int = 50, memoryBytesMax: Int = 1 << 30) {
        self.init(bytesMin: bytesMin, memoryBytesMax: memoryBytesMax, runBytes: bytesMin / 2)
    }

    /// Anchors are chosen among runs of `runBytes`: what is found does not depend on it, what it costs does.
    init(bytesMin: Int, memoryBytesMax: Int, runBytes: Int) {
        precondition(bytesMin >= 8, "shorter repeats are words")
        self.bytesMin = bytesMin
        self.memoryBytesMax = memoryBytesMax
        // Anchors lie near enough to the windows' starts for ``Stretch``.
        self.runBytes = max(runBytes, bytesMin - Stretch.windowsMax + 1)
        shard = SubstringShard(bytesMin: bytesMin, runBytes: self.runBytes)
    }

    /// The bytes of text and tables now, windows counted as if all were in a table.
    public var memoryBytes: Int { shard.memoryBytes }

    /// Remembers a text, and gives the ranges of it that repeat earlier text: ascending, apart, on character boundaries.
    public mutating func insert(_ text: [UInt8]) -> [Range<Int>] {
        guard text.count >= bytesMin else { return [] }
        let textMax = Int(UInt32.max) - 1
        guard text.count < textMax else { return [] }
        if !shard.isEmpty
            && (shard.memoryBytes + text.count > memoryBytesMax
                || shard.textBytes + text.count + 1 > textMax)
        {
            shard = SubstringShard(bytesMin: bytesMin, runBytes: self.runBytes)
            shards += 1
        }
        return shard.insert(text).compactMap { wholeCharacters(text, $0) }
    }

    /// Remembers a text as it was, and removes from it what repeats earlier text; gives the bytes removed.
    @discardableResult
    public mutating func remove(from text: inout [UInt8]) -> Int {
        let ranges = insert(text)
        text.removeRanges(ranges)
        return ranges.reduce(0) { $0 + $1.count }
    }
}

/// A range without the parts of characters at its ends; `nil` if nothing is left.
private func wholeCharacters(_ text: [UInt8], _ range: Range<Int>) -> Range<Int>? {
    func isInside(_ index: Int) -> Bool { index < text.count && text[index] & 0xC0 == 0x80 }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end && isInside(start) { start += 1 }
    while end > start && isInside(end) { end -= 1 }
    return start < end ? start..<end : nil
}
