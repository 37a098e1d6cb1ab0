/// The text and tables of one shard.
struct SubstringShard: Sendable {
    private let bytesMin: Int
    /// Bytes in the runs among which anchors are chosen.
    private let runBytes: Int
    /// Runs in a window.
    private let runsPerWindow: Int
    /// All texts, each followed by a byte that is in no UTF-8 text, so that no window reaches across two.
    private var bytes = [UInt8]()
    private var anchors = AnchorTable()
    private var met = [MetAnchor]()
    private var windows = WindowTable()
    /// The hashes of the windows at hand; and what reading their places gave, kept so that it is read.
    private var hashes = [UInt64]()
    private var touched: UInt32 = 0

    init(bytesMin: Int, runBytes: Int) {
        self.bytesMin = bytesMin
        self.runBytes = runBytes
        runsPerWindow = bytesMin - runBytes + 1
    }

    var isEmpty: Bool { bytes.isEmpty }
    var textBytes: Int { bytes.count }
    var memoryBytes: Int { bytes.count + anchors.memoryBytes + windows.memoryBytes }

    /// Remembers a text of at least `bytesMin` bytes; gives what repeats earlier text, ascending and apart.
    mutating func insert(_ text: [UInt8]) -> [Range<Int>] {
        let start = bytes.count
        bytes.append(contentsOf: text)
        bytes.append(0xFF)
        var found = Repeats(textStart: start, windowBytes: bytesMin)
        var walk = AnchorWalk(runBytes: runBytes, runsPerWindow: runsPerWindow)
        bytes.withUnsafeBufferPointer { bytes in
            walk.forEachAnchor(bytes, start..<start + text.count) { hash, first, count in
                met.append(MetAnchor(hash: hash, starts: first..<first + count))
                if met.count == Self.anchorsAtOnce { examineAnchors(bytes, &found) }
            }
            examineAnchors(bytes, &found)
        }
        return found.ranges
    }

    /// An anchor, and the starts of the windows that have it.
    private struct MetAnchor {
        var hash: UInt64
        var starts: Range<Int>
    }

    /// Enough that reading their places costs the time of one, few enough to stay in the nearest cache.
    private static let anchorsAtOnce = 64

    private mutating func examineAnchors(_ bytes: UnsafeBufferPointer<UInt8>, _ found: inout Repeats) {
        touched = anchors.touch(met.lazy.map(\.hash))
        for anchor in met { examine(bytes, anchor.hash, anchor.starts, &found) }
        met.removeAll(keepingCapacity: true)
    }

    /// The windows that begin in a range and share an anchor.
    private mutating func examine(
        _ bytes: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ starts: Range<Int>, _ found: inout Repeats
    ) {
        switch anchors.meet(hash, starts) {
        case .new: break
        case .again(let dormant):
            // The windows of the first meeting were not worth entering until now.
            prepare(bytes, dormant)
            for (start, hash) in zip(dormant, hashes) {
                _ = windows.firstOccurrence(bytes, start, bytesMin, hash: hash)
            }
            fallthrough
        case .often:
            let start = starts.first { !found.continues(bytes, at: $0) } ?? starts.upperBound
            prepare(bytes, start..<starts.upperBound)
            for (start, hash) in zip(start..<starts.upperBound, hashes) where !found.continues(bytes, at: start) {
                let first = windows.firstOccurrence(bytes, start, bytesMin, hash: hash)
                if first + bytesMin <= start { found.add(start, earlier: first) }
            }
        }
    }

    /// Hashes the windows that begin in a range, and brings the table's places for them into the cache.
    private mutating func prepare(_ bytes: UnsafeBufferPointer<UInt8>, _ starts: Range<Int>) {
        hashes.removeAll(keepingCapacity: true)
        for start in starts { hashes.append(WindowTable.hash(bytes, start, bytesMin)) }
        touched = windows.touch(hashes)
    }
}

/// What a text repeats, in shard positions while it grows.
private struct Repeats {
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

    mutating func add(_ start: Int, earlier: Int) {
        let range = start - textStart..<start - textStart + windowBytes
        if let previous = ranges.last, previous.upperBound >= range.lowerBound {
            ranges[ranges.count - 1] = previous.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
        (last, lastEarlier) = (start, earlier)
    }

    /// Whether a window repeats the one after that which the window before it repeats: one byte tells.
    @inline(__always)
    mutating func continues(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        guard last == start - 1, last >= 0 else { return false }
        guard bytes[lastEarlier + windowBytes] == bytes[start + windowBytes - 1] else { return false }
        add(start, earlier: lastEarlier + 1)
        return true
    }
}
