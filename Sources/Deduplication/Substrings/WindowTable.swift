/// The first occurrence of each distinct window: hashes find it, bytes decide.
struct WindowTable: Sendable {
    private struct Place {
        /// The upper half of the window's hash, which the place was not chosen by.
        var tag: UInt32
        /// Where the window begins; `UInt32.max` in a free place.
        var start: UInt32
    }

    private static let free = Place(tag: 0, start: .max)
    private var places = [Place](repeating: free, count: 1024)
    private var lowHashes = [UInt32](repeating: 0, count: 1024)
    private var count = 0

    var memoryBytes: Int { places.count * 12 }

    /// The start of the first window with the same bytes: `start` itself, which is then remembered, if there was none.
    mutating func firstOccurrence(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ windowBytes: Int) -> Int {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let window = bytes.raw(start..<start + windowBytes)
        let hash = TextHash.hash(window)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place].start != .max {
            let first = Int(places[place].start)
            if places[place].tag == tag && bytes.raw(first..<first + windowBytes).elementsEqual(window) { return first }
            place = (place + 1) & mask
        }
        places[place] = Place(tag: tag, start: UInt32(truncatingIfNeeded: start))
        lowHashes[place] = UInt32(truncatingIfNeeded: hash)
        count += 1
        return start
    }

    private mutating func grow() {
        let (old, oldLow) = (places, lowHashes)
        places = [Place](repeating: Self.free, count: old.count * 2)
        lowHashes = [UInt32](repeating: 0, count: old.count * 2)
        let mask = places.count - 1
        for index in old.indices where old[index].start != .max {
            var place = Int(oldLow[index]) & mask
            while places[place].start != .max { place = (place + 1) & mask }
            places[place] = old[index]
            lowHashes[place] = oldLow[index]
        }
    }
}
