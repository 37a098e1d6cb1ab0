/// The anchors met so far, each with the windows of its first meeting until there is a second.
struct AnchorTable: Sendable {
    enum Meeting {
        case new
        /// The second time: these are the starts of the windows of the first.
        case again(Range<Int>)
        case often
    }

    private struct Place {
        var hash: UInt64
        /// The first window's start; `UInt32.max` in a free place.
        var start: UInt32
        /// The windows of the first meeting; 0 after the second.
        var windows: UInt32
    }

    private static let free = Place(hash: 0, start: .max, windows: 0)
    private var places = [Place](repeating: free, count: 1024)
    private var count = 0

    var memoryBytes: Int { places.count * MemoryLayout<Place>.stride }

    /// Reads the places of some hashes, so that ``meet(_:_:)`` finds them in the cache; the value means nothing.
    func touch(_ hashes: some Sequence<UInt64>) -> UInt32 {
        let mask = places.count - 1
        return places.withUnsafeBufferPointer { places in
            hashes.reduce(0) { $0 &+ places[Int(truncatingIfNeeded: $1) & mask].start }
        }
    }

    mutating func meet(_ hash: UInt64, _ starts: Range<Int>) -> Meeting {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let place = place(of: hash)
        let met = places[place]
        if met.start == .max {
            count += 1
            places[place] = Place(
                hash: hash, start: UInt32(truncatingIfNeeded: starts.lowerBound),
                windows: UInt32(truncatingIfNeeded: starts.count))
            return .new
        }
        if met.windows == 0 { return .often }
        places[place].windows = 0
        return .again(Int(met.start)..<Int(met.start) + Int(met.windows))
    }

    /// Anchors are minima, whose high bits are mostly 0: the low ones choose the place.
    private func place(of hash: UInt64) -> Int {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place].start != .max && places[place].hash != hash { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Self.free, count: old.count * 2)
        for entry in old where entry.start != .max { places[place(of: entry.hash)] = entry }
    }
}
