/// The first occurrence of each distinct window around the anchors that are met most: hashes find it, bytes decide.
///
/// At most three quarters of the places are taken.
struct WindowTable: Sendable {
    private struct Place {
        /// The window's hash: its lower half chooses the place, its upper half tells most other windows apart.
        var low: UInt32
        var high: UInt32
        /// Where the window begins; `UInt32.max` in a free place.
        var start: UInt32
    }

    private static let free = Place(low: 0, high: 0, start: .max)
    private let windowBytes: Int
    private var places = [Place](repeating: free, count: 1024)
    private var count = 0
    /// What reading the places of the windows at hand gave, kept so that they are read.
    private var touched: UInt32 = 0

    init(windowBytes: Int) { self.windowBytes = windowBytes }

    /// Looks up the windows that begin in a range, and enters those that are new: calls `body` with the start of a window
    /// and that of the first with the same bytes, which is the same for a new one; it gives the start to go on with.
    @inline(__always)
    mutating func lookUp(
        _ bytes: UnsafeBufferPointer<UInt8>, _ starts: Range<Int>, _ body: (_ start: Int, _ first: Int) -> Int
    ) {
        guard let text = UnsafeRawPointer(bytes.baseAddress) else { return }
        while count + starts.count > places.count / 4 * 3 { grow() }
        let windowBytes = windowBytes
        var sum: UInt32 = 0
        var entered = 0
        places.withUnsafeMutableBufferPointer { places in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: starts.count) { hashes in
                let mask = places.count &- 1
                // Searches would wait for each other's loads: these do not, and searches find them in the cache.
                for start in starts {
                    let hash = Self.hash(text + start, windowBytes)
                    hashes[start &- starts.lowerBound] = hash
                    sum &+= places[Int(truncatingIfNeeded: hash) & mask].start
                }
                var start = starts.lowerBound
                while start < starts.upperBound {
                    let hash = hashes[start &- starts.lowerBound]
                    let high = UInt32(truncatingIfNeeded: hash &>> 32)
                    var place = Int(truncatingIfNeeded: hash) & mask
                    var first = start
                    while places[place].start != .max {
                        let met = Int(places[place].start)
                        if places[place].high == high && areEqual(text + met, text + start, windowBytes) {
                            first = met
                            break
                        }
                        place = (place &+ 1) & mask
                    }
                    if first == start {
                        places[place] = Place(
                            low: UInt32(truncatingIfNeeded: hash), high: high, start: UInt32(truncatingIfNeeded: start))
                        entered &+= 1
                    }
                    start = body(start, first)
                }
            }
        }
        touched = sum
        count += entered
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Self.free, count: old.count * 2)
        places.withUnsafeMutableBufferPointer { places in
            let mask = places.count &- 1
            for entry in old where entry.start != .max {
                var place = Int(entry.low) & mask
                while places[place].start != .max { place = (place &+ 1) & mask }
                places[place] = entry
            }
        }
    }
}

extension WindowTable {
    /// The hash of a window of at least eight bytes: products of its words, folded (as in wyhash by Wang Yi).
    ///
    /// What is found does not depend on it.
    @inline(__always)
    private static func hash(_ window: UnsafeRawPointer, _ windowBytes: Int) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset &+ 16 < windowBytes {
            hash = folded(
                word(window + offset) ^ 0xE703_7ED1_A0B4_28DB, word(window + (offset &+ 8)) ^ hash)
            offset &+= 16
        }
        // The last words overlap those before.
        return folded(
            word(window + max(0, windowBytes &- 16)) ^ 0x8EBC_6AF0_9C88_C6E3,
            word(window + (windowBytes &- 8)) ^ hash)
    }

    @inline(__always)
    private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}

@inline(__always)
private func word(_ at: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
}

/// Whether two stretches of memory of the same size, at least eight bytes, hold the same bytes.
@inline(__always)
private func areEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    var offset = 0
    while offset &+ 8 <= count {
        if word(a + offset) != word(b + offset) { return false }
        offset &+= 8
    }
    // The last eight overlap those before.
    return word(a + (count &- 8)) == word(b + (count &- 8))
}
