/// Counts lines by 64-bit hashes, in the first of the two passes that remove template lines.
///
/// ```swift
/// var counter = LineCounter(.templates)          // one for each worker
/// counter.add(text)                              // … in any order
/// counter.merge(other)                           // … in any order
/// let templates = counter.templates()
/// ```
///
/// Memory: 12 bytes a place, at most three quarters of the places taken: 16 to 32 bytes per distinct line, twice that for a
/// moment when the table grows. 10^9 distinct lines are up to 32 GB: ``Partition`` splits them by hash into parts that are
/// counted in a pass each, and the parts' templates are joined. Two given lines collide with probability 2^−64; among 10^9
/// distinct lines there is one wrong pair with probability 3 %, and it matters only if their counts reach the limit together.
public struct LineCounter: Sendable {
    /// One of `count` parts of all lines: those whose hash falls into its share.
    public struct Partition: Sendable, Equatable {
        public let index: Int
        public let count: Int

        /// The part `index` (from 0) of `count`.
        public init(_ index: Int, of count: Int) {
            precondition(count > 0 && index >= 0 && index < count, "a part lies in 0..<count")
            self.index = index
            self.count = count
        }

        /// Every line.
        public static let whole = Partition(0, of: 1)

        func contains(_ hash: UInt64) -> Bool {
            hash.multipliedFullWidth(by: UInt64(count)).high == UInt64(index)
        }
    }

    public let rule: LineRule
    public let partition: Partition
    private var counts = CountingTable()

    public init(_ rule: LineRule, partition: Partition = .whole) {
        self.rule = rule
        self.partition = partition
    }

    /// The distinct lines counted so far.
    public var distinctLines: Int { counts.count }

    /// The bytes that the table takes.
    public var memoryBytes: Int { counts.memoryBytes }

    /// Counts the lines of one document.
    public mutating func add(_ text: [UInt8]) {
        var hashes = [UInt64]()
        text.withUnsafeBufferPointer { bytes in
            forEachLine(bytes) { line in
                if let hash = rule.hash(bytes, line), partition.contains(hash) { hashes.append(hash) }
            }
        }
        if rule.counting == .documents {
            hashes.sort()
            hashes = hashes.indices.filter { $0 == 0 || hashes[$0] != hashes[$0 - 1] }.map { hashes[$0] }
        }
        for hash in hashes { counts.add(hash, 1) }
    }

    /// Adds another counter's counts, of the same rule and partition: sums, so that the order cannot matter.
    public mutating func merge(_ other: LineCounter) {
        precondition(rule == other.rule && partition == other.partition, "counters of one rule and one part")
        other.counts.forEach { counts.add($0, $1) }
    }

    /// The lines that were seen often enough to be removed.
    public func templates() -> TemplateLines {
        var hashes = [UInt64]()
        counts.forEach { hash, count in if count >= rule.countMin { hashes.append(hash) } }
        return TemplateLines(rule: rule, hashes: hashes)
    }
}
