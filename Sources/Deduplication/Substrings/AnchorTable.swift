/// The anchors met so far, each with the stretch of its first meeting until there is a second.
struct AnchorTable: Sendable {
    enum Meeting {
        case new
        /// The second time: this is the stretch of the first.
        case again(Stretch)
        /// What was kept of it last.
        case often(Kept)
    }

    /// Where the windows of an anchor are that was met more than once.
    enum Kept: Equatable {
        /// In the list of this number, which has so many stretches.
        case list(UInt32, count: Int)
        case table
    }

    private struct Place {
        var hash: UInt64
        /// The first meeting's stretch; after that its `first` is the list's number, and its `count` 0.
        var first: UInt32
        var count: UInt16
        /// The anchor's; after the first meeting how many stretches the list has, and `inTable` if it is there no longer.
        var offset: UInt16
    }

    private static let free = Place(hash: 0, first: .max, count: 0, offset: 0)
    private static let inTable = UInt16.max
    private var places = [Place](repeating: free, count: 1024)
    private var count = 0
    /// Where the last anchor was met.
    private var lastPlace = 0

    var memoryBytes: Int { places.count * MemoryLayout<Place>.stride }

    /// Reads the places of some hashes, so that ``meet(_:_:)`` finds them in the cache; the value means nothing.
    func touch(_ hashes: some Sequence<UInt64>) -> UInt32 {
        let mask = places.count - 1
        return places.withUnsafeBufferPointer { places in
            hashes.reduce(0) { $0 &+ places[Int(truncatingIfNeeded: $1) & mask].first }
        }
    }

    mutating func meet(_ hash: UInt64, _ stretch: Stretch) -> Meeting {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let place = places.withUnsafeBufferPointer { Self.place(of: hash, in: $0) }
        lastPlace = place
        let met = places[place]
        if met.first == .max {
            count += 1
            places[place] = Place(
                hash: hash, first: stretch.first, count: stretch.count, offset: stretch.anchorOffset)
            return .new
        }
        if met.count > 0 {
            return .again(Stretch(first: met.first, count: met.count, anchorOffset: met.offset))
        }
        return .often(met.offset == Self.inTable ? .table : .list(met.first, count: Int(met.offset)))
    }

    /// Remembers where the windows of the last anchor are now.
    mutating func keep(_ kept: Kept) {
        switch kept {
        case .list(let number, let count):
            places[lastPlace].first = number
            places[lastPlace].offset = UInt16(truncatingIfNeeded: count)
        case .table:
            places[lastPlace].first = 0
            places[lastPlace].offset = Self.inTable
        }
        places[lastPlace].count = 0
    }

    /// Anchors are minima, whose high bits are mostly 0: the low ones choose the place.
    @inline(__always)
    private static func place(of hash: UInt64, in places: UnsafeBufferPointer<Place>) -> Int {
        let mask = places.count &- 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place].first != .max && places[place].hash != hash { place = (place &+ 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Self.free, count: old.count * 2)
        places.withUnsafeMutableBufferPointer { places in
            for entry in old where entry.first != .max {
                places[Self.place(of: entry.hash, in: UnsafeBufferPointer(places))] = entry
            }
        }
    }
}
