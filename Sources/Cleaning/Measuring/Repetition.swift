/// A share of n-grams that repeat: occurrences counted over all occurrences.
struct RepeatedShare: Equatable {
    var repeated = 0
    var total = 0

    var ratio: Double { total == 0 ? 0 : Double(repeated) / Double(total) }
}

extension CountTable {
    /// The character repetition of ROOTS: the occurrences of the most frequent character n-grams over all occurrences.
    ///
    /// Of *d* different n-grams the √d most frequent ones count (rounded down), but none that occurs only once.
    /// (`compute_character_repetition_ratio` in `filtering.py` of bigscience-workshop/data-preparation.) A text of more
    /// than ``blockSize`` n-grams is counted in blocks of that many, whose sums are added.
    mutating func characterRepetition(of text: [UInt8], length: Int) -> RepeatedShare {
        text.withUnsafeBufferPointer { bytes in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: CharacterWindow.shownMax(length: length)) {
                shown in
                var share = RepeatedShare()
                var window = CharacterWindow(bytes, length: length, shown: shown)
                while window.hasNext {
                    // No more n-grams than bytes are left.
                    let block = min(Self.blockSize, window.bytesLeft)
                    reset(capacity: block)
                    addCharacters(&window, atMost: block)
                    share.repeated += sumOfGreatest(Int(Double(distinctCount).squareRoot()))
                    share.total += total
                }
                return share
            }
        }
    }

    private mutating func addCharacters(_ window: inout CharacterWindow, atMost limit: Int) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { hashes in
            var left = limit
            while left > 0, window.hasNext {
                let count = window.next(UnsafeMutableBufferPointer(rebasing: hashes[..<min(left, hashes.count)]))
                add(count: count) { hashes[$0] }
                left -= count
            }
        }
    }

    /// The word repetition of ROOTS: the occurrences of word n-grams that occur more than once over all occurrences.
    mutating func wordRepetition(of words: [UInt64], length: Int) -> RepeatedShare {
        var share = RepeatedShare()
        guard length > 0, words.count >= length else { return share }
        words.withUnsafeBufferPointer { words in
            var start = 0
            let last = words.count - length
            while start <= last {
                let block = min(Self.blockSize, last - start + 1)
                reset(capacity: block)
                let first = start
                add(count: block) { step in
                    var hash: UInt64 = 0
                    for place in (first &+ step)..<(first &+ step &+ length) {
                        hash = hash &* 0x9E37_79B9_7F4A_7C15 &+ words[place]
                    }
                    return mixed(hash)
                }
                share.repeated += repeatedTotal
                share.total += block
                start += block
            }
        }
        return share
    }
}

/// A window of n characters that moves over a text, with the hash of what it shows.
struct CharacterWindow {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// What each character shown adds to the hash, at its number modulo a power of two.
    private let shown: UnsafeMutableBufferPointer<UInt64>
    private let length: Int
    private var front = 0
    /// Characters read so far.
    private var count = 0
    private var hash: UInt64 = 0
    /// The factor of the character that leaves the window.
    private var leaving: UInt64 = 1
    private(set) var hasNext = false

    private static let base: UInt64 = 0x0000_0100_0000_01B3

    /// How many numbers a window of `length` characters needs room for.
    static func shownMax(length: Int) -> Int {
        var size = 1
        while size < length { size &*= 2 }
        return size
    }

    /// A window over `bytes` of `length` (at least 1) characters; it has no next position if the text is shorter.
    ///
    /// `shown` has room for ``shownMax(length:)`` numbers for as long as the window is used.
    init(_ bytes: UnsafeBufferPointer<UInt8>, length: Int, shown: UnsafeMutableBufferPointer<UInt64>) {
        precondition(shown.count == Self.shownMax(length: length))
        self.bytes = bytes
        self.shown = shown
        self.length = max(1, length)
        for _ in 1..<self.length {
            leaving = leaving &* Self.base
            if front < bytes.count { push() }
        }
        hasNext = front < bytes.count
    }

    var bytesLeft: Int { bytes.count - front }

    /// Writes the hashes of the next positions, as many as there is room for or positions are left; gives how many.
    @inline(__always)
    mutating func next(_ hashes: UnsafeMutableBufferPointer<UInt64>) -> Int {
        // Not in the window itself, so that the loop keeps them in registers.
        var (front, read, hash) = (front, count, hash)
        let (bytes, shown, length, leaving, mask) = (bytes, shown, length, leaving, shown.count &- 1)
        var written = 0
        while written < hashes.count && front < bytes.count {
            let added = Self.spread(readScalar(bytes, &front))
            shown[read & mask] = added
            read &+= 1
            hash = hash &* Self.base &+ added
            hashes[written] = mixed(hash)
            written &+= 1
            hash = hash &- leaving &* shown[(read &- length) & mask]
        }
        (self.front, self.count, self.hash) = (front, read, hash)
        hasNext = front < bytes.count
        return written
    }

    private mutating func push() {
        let added = Self.spread(readScalar(bytes, &front))
        shown[count & (shown.count &- 1)] = added
        count &+= 1
        hash = hash &* Self.base &+ added
    }

    @inline(__always)
    private static func spread(_ scalar: UInt32) -> UInt64 {
        (UInt64(scalar) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    }
}
