/// A first-in, first-out queue that needs no memory of its own for a single element, which is the common case.
struct Queue<Element> {
    /// The oldest element.
    private(set) var first: Element?
    private var rest: [Element] = []
    /// How many elements at the start of `rest` have been moved to `first`.
    private var moved = 0

    var isEmpty: Bool { first == nil }
    var count: Int { first == nil ? 0 : 1 + rest.count - moved }

    mutating func append(_ element: Element) {
        if first == nil { first = element } else { rest.append(element) }
    }

    /// Removes and returns the oldest element.
    mutating func popFirst() -> Element? {
        guard let oldest = first else { return nil }
        if moved < rest.count {
            first = rest[moved]
            moved += 1
            // Compacting at half keeps both the memory and the time per element bounded.
            if moved * 2 >= rest.count {
                rest.removeFirst(moved)
                moved = 0
            }
        } else {
            first = nil
        }
        return oldest
    }
}
