/// The first occurrence of each distinct window: hashes find it, bytes decide.
struct WindowTable: Sendable {
    private struct Place {
        /// The window's hash: its lower half chooses the place, its upper half tells most other windows apart.
        var low: UInt32
        var high: UInt32
        /// Where the window begins; `UInt32.max` in a free place.
        var start: UInt32
    }

    private static let free = Place(low: 0, high: 0, start: .max)
    private var places = [Place](repeating: free, count: 1024)
    private var count = 0

    var memoryBytes: Int { places.count * MemoryLayout<Place>.stride }

    static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ windowBytes: Int) -> UInt64 {
        TextHash.hash(bytes.raw(start..<start + windowBytes))
    }

    /// Reads the places of some hashes, so that searches soon after find them in the cache: these loads do not wait for
    /// each other, those of searches would. The value means nothing.
    func touch(_ hashes: some Sequence<UInt64>) -> UInt32 {
        let mask = places.count - 1
        return places.withUnsafeBufferPointer { places in
            hashes.reduce(0) { $0 &+ places[Int(truncatingIfNeeded: $1) & mask].start }
        }
    }

    /// The start of the first window with the same bytes: `start` itself, which is then remembered, if there was none.
    mutating func firstOccurrence(
        _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ windowBytes: Int, hash: UInt64
    ) -> Int {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let high = UInt32(truncatingIfNeeded: hash >> 32)
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place].start != .max {
            let first = Int(places[place].start)
            if places[place].high == high
                && areEqual(bytes.raw(first..<first + windowBytes), bytes.raw(start..<start + windowBytes))
            {
                return first
            }
            place = (place + 1) & mask
        }
        places[place] = Place(
            low: UInt32(truncatingIfNeeded: hash), high: high, start: UInt32(truncatingIfNeeded: start))
        count += 1
        return start
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Self.free, count: old.count * 2)
        let mask = places.count - 1
        for entry in old where entry.start != .max {
            var place = Int(entry.low) & mask
            while places[place].start != .max { place = (place + 1) & mask }
            places[place] = entry
        }
    }
}

/// Whether two stretches of memory of the same size, at least eight bytes, hold the same bytes.
private func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset + 8 <= a.count {
        if a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            != b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        {
            return false
        }
        offset += 8
    }
    // The last eight overlap those before.
    return a.loadUnaligned(fromByteOffset: a.count - 8, as: UInt64.self)
        == b.loadUnaligned(fromByteOffset: b.count - 8, as: UInt64.self)
}
