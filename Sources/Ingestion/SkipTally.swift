/// Counts skipped inputs by reason and keeps the first few of each as examples.
///
/// Its size depends on the number of reasons, not on how much was skipped.
public struct SkipTally: Sendable, Equatable {
    /// The skips of one reason.
    public struct Entry: Sendable, Equatable {
        public var reason: String
        public var count: Int
        /// The first ones, in the order added.
        public var examples: [SkippedInput]
    }

    /// How many examples of each reason are kept.
    public static let examplesPerReason = 5
    /// By reason, in byte-wise order.
    public private(set) var entries: [Entry] = []

    public init() {}

    /// All skips together.
    public var total: Int { entries.reduce(0) { $0 &+ $1.count } }

    /// The count of one reason.
    public func count(_ reason: SkippedInput.Reason) -> Int {
        entries.first { $0.reason == reason.rawValue }?.count ?? 0
    }

    /// Counts one more.
    public mutating func add(_ skipped: SkippedInput) {
        add(Entry(reason: skipped.reason, count: 1, examples: [skipped]))
    }

    /// Adds the skips of what comes after, such as of the next unit.
    public mutating func add(_ later: SkipTally) {
        for entry in later.entries { add(entry) }
    }

    private mutating func add(_ entry: Entry) {
        guard let index = entries.firstIndex(where: { $0.reason == entry.reason }) else {
            let place = entries.firstIndex { entry.reason.utf8.lexicographicallyPrecedes($0.reason.utf8) }
            entries.insert(entry, at: place ?? entries.endIndex)
            return
        }
        entries[index].count &+= entry.count
        let room = Self.examplesPerReason - entries[index].examples.count
        if room > 0 { entries[index].examples += entry.examples.prefix(room) }
    }
}
