/// What a text repeats, in shard positions while it grows.
struct Repeats {
    let textStart: Int
    let windowBytes: Int
    private(set) var ranges = [Range<Int>]()
    /// The last window that repeats, and where it was earlier.
    private var last = -1
    private var lastEarlier = -1

    init(textStart: Int, windowBytes: Int) {
        self.textStart = textStart
        self.windowBytes = windowBytes
    }

    /// Adds windows that follow each other.
    mutating func add(_ starts: Range<Int>, earlier: Int) {
        let range = starts.lowerBound - textStart..<starts.upperBound - 1 - textStart + windowBytes
        if let previous = ranges.last, previous.upperBound >= range.lowerBound {
            ranges[ranges.count - 1] = previous.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
        last = starts.upperBound - 1
        lastEarlier = earlier + starts.count - 1
    }

    /// Adds the first windows of a range that repeat those after the one that the window before repeats, of which one byte
    /// tells; gives the start of the first that doesn't.
    @inline(__always)
    mutating func goOn(_ bytes: UnsafeBufferPointer<UInt8>, _ starts: Range<Int>) -> Int {
        guard last >= 0, last == starts.lowerBound - 1 else { return starts.lowerBound }
        let distance = last - lastEarlier
        var start = starts.lowerBound
        while start < starts.upperBound
            && bytes[start + windowBytes - 1] == bytes[start + windowBytes - 1 - distance]
        { start += 1 }
        if start > starts.lowerBound { add(starts.lowerBound..<start, earlier: lastEarlier + 1) }
        return start
    }
}
