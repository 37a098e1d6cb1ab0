/// A set of elements of a buffer, kept as disjoint, ascending intervals that do not touch.
struct ElementSet: Equatable {
    private(set) var intervals: [Range<Int>] = []

    /// Adds a range, merging it with the intervals that it touches.
    mutating func insert(_ range: Range<Int>) {
        guard !range.isEmpty, !covers(range) else { return }
        let first = intervals.firstIndex { $0.upperBound >= range.lowerBound } ?? intervals.count
        let end = intervals[first...].firstIndex { $0.lowerBound > range.upperBound } ?? intervals.count
        let touched = intervals[first..<end]
        let begin = min(range.lowerBound, touched.first?.lowerBound ?? range.lowerBound)
        let bound = max(range.upperBound, touched.last?.upperBound ?? range.upperBound)
        intervals.replaceSubrange(first..<end, with: [begin..<bound])
    }

    /// Takes a range out.
    mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        intervals = intervals.flatMap { interval in
            [
                interval.clamped(to: interval.lowerBound..<max(interval.lowerBound, range.lowerBound)),
                interval.clamped(to: min(interval.upperBound, range.upperBound)..<interval.upperBound),
            ].filter { !$0.isEmpty }
        }
    }

    /// Whether every element of a range is in the set; the empty range always is.
    func covers(_ range: Range<Int>) -> Bool {
        range.isEmpty || intervals.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
    }
}
