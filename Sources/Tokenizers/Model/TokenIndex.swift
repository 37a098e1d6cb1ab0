/// Finds byte strings among those of a ``TokenTable``; its order and its hash are the same everywhere.
struct TokenIndex {
    private(set) var table = TokenTable()
    private var numbers: [TokenID] = []
    /// Places in `table`, -1 where free; open addressing, at most half full.
    private var slots: [Int32]

    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
    }

    var count: Int { table.count }

    /// Notes the number of a byte string; false if it is there already. At most `capacity` may be noted.
    mutating func insert(_ bytes: ArraySlice<UInt8>, number: TokenID) -> Bool {
        let slot = place(of: bytes, [])
        guard slots[slot] < 0, 2 * table.count < slots.count else { return false }
        slots[slot] = Int32(table.count)
        table.append(bytes)
        numbers.append(number)
        return true
    }

    /// The number of a byte string given in two parts.
    func number(of left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8> = []) -> TokenID? {
        let index = slots[place(of: left, right)]
        return index < 0 ? nil : numbers[Int(index)]
    }

    /// The slot that holds a byte string, or the free one where it belongs.
    private func place(of left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in left { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in right { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count - 1)
        while slots[slot] >= 0 {
            let found = table[slots[slot]]
            if found.count == left.count + right.count, found.prefix(left.count).elementsEqual(left),
                found.dropFirst(left.count).elementsEqual(right)
            {
                break
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }
}
