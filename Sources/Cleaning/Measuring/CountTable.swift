/// Counts how often each hash occurs, in memory that is used again for the next text.
///
/// An open-addressed table of 8-byte slots: the upper 32 bits of a hash and a count. Which slots were met again is kept
/// in a list, so that nothing walks the table. The slot comes from other bits of the hash than the ones that are kept.
struct CountTable {
    /// How many n-grams are counted together at most; longer texts are counted in blocks of this many.
    static let blockSize = 1 << 20

    private var slots: [UInt64] = []
    private var mask = 0
    private var repeated: [Int32] = []
    private(set) var distinctCount = 0
    private(set) var total = 0

    /// Empties the table and makes it large enough for `capacity` (at most ``blockSize``) different hashes.
    mutating func reset(capacity: Int) {
        var size = 64
        while size < capacity &* 2 { size &*= 2 }
        if slots.count < size {
            slots = [UInt64](repeating: 0, count: size)
        } else {
            slots.withUnsafeMutableBufferPointer { all in
                UnsafeMutableBufferPointer(rebasing: all[0..<size]).update(repeating: 0)
            }
        }
        mask = size &- 1
        repeated.removeAll(keepingCapacity: true)
        distinctCount = 0
        total = 0
    }

    /// Counts one occurrence of each value of `next`, called `count` times.
    @inline(__always)
    mutating func add(count: Int, _ next: (Int) -> UInt64) {
        let mask = self.mask
        total &+= count
        slots.withUnsafeMutableBufferPointer { slots in
            for step in 0..<count {
                let hash = next(step)
                let key = (hash &>> 32) << 32
                var place = Int(truncatingIfNeeded: hash) & mask
                while true {
                    let slot = slots[place]
                    if slot == 0 {
                        slots[place] = key | 1
                        distinctCount &+= 1
                        break
                    }
                    if slot & 0xFFFF_FFFF_0000_0000 == key {
                        slots[place] = slot &+ 1
                        if slot & 0xFFFF_FFFF == 1 { repeated.append(Int32(truncatingIfNeeded: place)) }
                        break
                    }
                    place = (place &+ 1) & mask
                }
            }
        }
    }

    /// The number of occurrences of hashes that occur more than once.
    var repeatedTotal: Int { total - (distinctCount - repeated.count) }

    /// The sum of the `limit` greatest counts among those above 1.
    func sumOfGreatest(_ limit: Int) -> Int {
        if limit >= repeated.count { return repeatedTotal }
        // Counts below 256 go into a histogram, the few above are sorted.
        var histogram = [Int](repeating: 0, count: 256)
        var large: [Int] = []
        for place in repeated {
            let count = Int(slots[Int(place)] & 0xFFFF_FFFF)
            if count < 256 { histogram[count] += 1 } else { large.append(count) }
        }
        large.sort(by: >)
        var left = limit
        var sum = large.prefix(left).reduce(0, +)
        left -= min(left, large.count)
        for count in stride(from: 255, through: 2, by: -1) where left > 0 {
            let used = min(left, histogram[count])
            sum += used * count
            left -= used
        }
        return sum
    }
}
