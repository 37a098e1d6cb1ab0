/// The lines to remove everywhere: the second pass over the documents.
public struct TemplateLines: Sendable, Equatable {
    public let rule: LineRule
    /// The hashes of the lines, ascending and each once: the same whatever order the lines were counted in.
    public let hashes: [UInt64]
    /// The places in ``hashes`` at which each value of the top 16 bits begins, so that a search looks at a few hashes only.
    private let starts: [Int32]

    /// Takes the hashes in any order; a file of them, or the parts of a partitioned count, can be joined so.
    public init(rule: LineRule, hashes: [UInt64]) {
        let sorted = hashes.sorted()
        let distinct = sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
        var starts = [Int32](repeating: 0, count: (1 << 16) + 1)
        for hash in distinct { starts[Int(hash >> 48) + 1] += 1 }
        for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
        self.rule = rule
        self.hashes = distinct
        self.starts = starts
    }

    /// Removes template lines with their line feeds; gives how many. Other lines keep every byte.
    @discardableResult
    public func remove(from text: inout [UInt8]) -> Int {
        guard !hashes.isEmpty else { return 0 }
        var doomed = [Range<Int>]()
        text.withUnsafeBufferPointer { bytes in
            forEachLine(bytes) { line in
                if let hash = rule.hash(bytes, line), contains(hash) {
                    doomed.append(line.lowerBound..<min(line.upperBound + 1, bytes.count))
                }
            }
        }
        text.removeRanges(doomed)
        return doomed.count
    }

    func contains(_ hash: UInt64) -> Bool {
        let bucket = Int(hash >> 48)
        var (low, high) = (Int(starts[bucket]), Int(starts[bucket + 1]))
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < Int(starts[bucket + 1]) && hashes[low] == hash
    }
}

extension [UInt8] {
    /// Removes ascending ranges that do not overlap, in one move of what stays.
    mutating func removeRanges(_ ranges: [Range<Int>]) {
        guard !ranges.isEmpty else { return }
        var kept = [UInt8]()
        kept.reserveCapacity(count)
        var start = 0
        for range in ranges {
            kept.append(contentsOf: self[start..<range.lowerBound])
            start = range.upperBound
        }
        kept.append(contentsOf: self[start...])
        self = kept
    }
}
