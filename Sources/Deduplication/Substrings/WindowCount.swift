/// Counts distinct windows, and the places that a hash table of all of them would have.
///
/// It bounds the memory of lists and table together, and decides where a shard ends: text is cut into shards as by the
/// simplest search, which enters every window into one table.
struct WindowCount: Sendable {
    private static let bytesPerPlace = 12
    private var places = 1024
    private var count = 0

    var memoryBytes: Int { places * Self.bytesPerPlace }

    /// Before each search, which may enter a window: at most three quarters of the places are taken.
    @inline(__always)
    mutating func willSearch() {
        if count == places / 4 * 3 { places *= 2 }
    }

    @inline(__always)
    mutating func add() { count &+= 1 }
}
