/// Members `0..<count` grouped by a 64-bit key, by sorting: the same groups in the same order every time.
struct Buckets {
    private struct Entry {
        var key: UInt64
        var member: Int
    }

    private var entries: [Entry]

    init(count: Int, key: (Int) -> UInt64) {
        entries = (0..<count).map { Entry(key: key($0), member: $0) }
        entries.sort { $0.key != $1.key ? $0.key < $1.key : $0.member < $1.member }
    }

    /// Calls `body` with the members, ascending, of each group of two and more.
    func forEach(_ body: ([Int]) -> Void) {
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count && entries[end].key == entries[start].key { end += 1 }
            if end - start > 1 { body(entries[start..<end].map(\.member)) }
            start = end
        }
    }
}
