/// The stretches of anchors that were met more than once, in the order of the text: lists of a few each.
struct StretchLists: Sendable {
    private struct Entry {
        var stretch: Stretch
        /// The next entry of the list; `UInt32.max` at its end.
        var next: UInt32
    }

    private var entries = [Entry]()

    /// Begins a list, and gives its number.
    mutating func begin(with stretch: Stretch) -> UInt32 {
        entries.append(Entry(stretch: stretch, next: .max))
        return UInt32(truncatingIfNeeded: entries.count - 1)
    }

    mutating func append(_ stretch: Stretch, to list: UInt32) {
        var last = Int(list)
        while entries[last].next != .max { last = Int(entries[last].next) }
        entries[last].next = begin(with: stretch)
    }

    @inline(__always)
    func forEach(in list: UInt32, _ body: (Stretch) -> Void) {
        entries.withUnsafeBufferPointer { entries in
            var at = list
            while at != .max {
                let entry = entries[Int(at)]
                body(entry.stretch)
                at = entry.next
            }
        }
    }
}
