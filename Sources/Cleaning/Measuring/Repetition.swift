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
            var share = RepeatedShare()
            var window = CharacterWindow(bytes, length: length)
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

    private mutating func addCharacters(_ window: inout CharacterWindow, atMost limit: Int) {
        var left = limit
        while left > 0, window.hasNext {
            // A byte starts at most one character: this many calls are sure to have one.
            let sure = min(left, window.sureCount)
            add(count: sure) { _ in window.next() }
            left -= sure
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
    private let length: Int
    private var front = 0
    private var back = 0
    private var hash: UInt64 = 0
    /// The factor of the character that leaves the window.
    private var leaving: UInt64 = 1
    private(set) var hasNext = false

    private static let base: UInt64 = 0x0000_0100_0000_01B3

    /// A window over `bytes` of `length` (at least 1) characters; it has no next position if the text is shorter.
    init(_ bytes: UnsafeBufferPointer<UInt8>, length: Int) {
        self.bytes = bytes
        self.length = max(1, length)
        for _ in 1..<self.length {
            leaving = leaving &* Self.base
            if front < bytes.count { push() }
        }
        hasNext = front < bytes.count
    }

    var bytesLeft: Int { bytes.count - front }

    /// How many positions there are at least: a character has at most four bytes.
    var sureCount: Int { hasNext ? max(1, (bytes.count - front) / 4) : 0 }

    /// The hash of the next position.
    @inline(__always)
    mutating func next() -> UInt64 {
        push()
        let result = mixed(hash)
        hash = hash &- leaving &* Self.spread(readScalar(bytes, &back))
        hasNext = front < bytes.count
        return result
    }

    @inline(__always)
    private mutating func push() {
        hash = hash &* Self.base &+ Self.spread(readScalar(bytes, &front))
    }

    @inline(__always)
    private static func spread(_ scalar: UInt32) -> UInt64 {
        (UInt64(scalar) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    }
}
