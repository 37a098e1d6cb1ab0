/// Windows that follow each other and share the place of their anchor.
struct Stretch: Sendable {
    /// Where the first window begins.
    let first: UInt32
    let count: UInt16
    /// Where the anchor begins, counted from the first window's start.
    let anchorOffset: UInt16

    /// The most windows that can share an anchor's place.
    static let windowsMax = Int(UInt16.max)

    /// The starts of its windows.
    var starts: Range<Int> { Int(first)..<Int(first) &+ Int(count) }
    var anchor: Int { Int(first) &+ Int(anchorOffset) }
}

extension Stretch {
    init(first: Int, count: Int, anchor: Int) {
        self.first = UInt32(truncatingIfNeeded: first)
        self.count = UInt16(truncatingIfNeeded: count)
        anchorOffset = UInt16(truncatingIfNeeded: anchor &- first)
    }

    /// The starts of the windows here that are the same as windows of an earlier stretch, which lie `distance` before them.
    ///
    /// Equal windows have their anchors at the same offset: one comparison to both sides of the anchor tells all of them.
    func repeats(
        _ earlier: Stretch, _ bytes: UnsafeBufferPointer<UInt8>, windowBytes: Int
    ) -> (starts: Range<Int>, distance: Int) {
        let distance = anchor &- earlier.anchor
        let low = max(starts.lowerBound, earlier.starts.lowerBound &+ distance)
        let high = min(starts.upperBound, earlier.starts.upperBound &+ distance)
        guard low < high else { return (low..<low, distance) }
        // All these windows hold the bytes from the last one's start to the first one's end.
        var end = high &- 1
        let endMax = high &- 1 &+ windowBytes
        while end < endMax && bytes[end] == bytes[end &- distance] { end &+= 1 }
        guard end >= low &+ windowBytes else { return (low..<low, distance) }
        var start = high &- 1
        while start > low && bytes[start &- 1] == bytes[start &- 1 &- distance] { start &-= 1 }
        return (start..<max(start, end &- windowBytes &+ 1), distance)
    }
}
