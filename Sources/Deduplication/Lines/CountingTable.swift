/// Counts of 64-bit hashes: open addressing, at most three quarters full. Counts stop at 2^32 − 1.
struct CountingTable: Sendable {
    /// The hashes; a place is free where the count is 0.
    private var hashes = [UInt64](repeating: 0, count: 64)
    private var counts = [UInt32](repeating: 0, count: 64)
    private(set) var count = 0

    var memoryBytes: Int { hashes.count * 12 }

    mutating func add(_ hash: UInt64, _ times: UInt32) {
        if (count + 1) * 4 > hashes.count * 3 { grow() }
        let place = place(of: hash)
        if counts[place] == 0 {
            hashes[place] = hash
            count += 1
        }
        let (sum, overflow) = counts[place].addingReportingOverflow(times)
        counts[place] = overflow ? .max : sum
    }

    func forEach(_ body: (UInt64, UInt32) -> Void) {
        for place in hashes.indices where counts[place] != 0 { body(hashes[place], counts[place]) }
    }

    private func place(of hash: UInt64) -> Int {
        let mask = hashes.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while counts[place] != 0 && hashes[place] != hash { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let (oldHashes, oldCounts) = (hashes, counts)
        hashes = [UInt64](repeating: 0, count: oldHashes.count * 2)
        counts = [UInt32](repeating: 0, count: oldHashes.count * 2)
        for old in oldHashes.indices where oldCounts[old] != 0 {
            let place = place(of: oldHashes[old])
            hashes[place] = oldHashes[old]
            counts[place] = oldCounts[old]
        }
    }
}
