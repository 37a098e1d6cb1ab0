/// Candidates in order of their least time; of equals the first in the space comes first.
struct CandidateHeap {
    private var heap: [LayoutSearch.Candidate]

    init(_ candidates: [LayoutSearch.Candidate]) {
        heap = candidates.sorted(by: Self.precedes)
    }

    var count: Int { heap.count }
    var first: LayoutSearch.Candidate? { heap.first }

    /// Takes up to so many from the front, as long as they fulfil a condition.
    mutating func take(
        _ most: Int, while condition: (LayoutSearch.Candidate) -> Bool
    ) -> [LayoutSearch.Candidate] {
        var taken: [LayoutSearch.Candidate] = []
        while taken.count < most, let first, condition(first) { taken.append(removeFirst()) }
        return taken
    }

    mutating func insert(_ candidate: LayoutSearch.Candidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0, Self.precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func removeFirst() -> LayoutSearch.Candidate {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if Self.precedes(heap[child], heap[smallest]) { smallest = child }
            }
            guard smallest != parent else { return first }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private static func precedes(_ a: LayoutSearch.Candidate, _ b: LayoutSearch.Candidate) -> Bool {
        (a.leastSeconds, a.order) < (b.leastSeconds, b.order)
    }
}
