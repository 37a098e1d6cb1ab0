import Dispatch
import Synchronization

/// Makes a ``ByteModel`` from the clean texts of a language.
///
/// The same documents in the same order make the same model; so do the same documents in another order, as long as all of
/// them fit into ``bytesMax``.
public struct ByteModelTrainer: Sendable {
    public let order: Int
    public let language: String
    /// Text beyond this is not used: training holds some 20 bytes of memory for each byte of text, and 8 more for each
    /// worker beyond the first.
    public let bytesMax: Int
    /// Documents that were not used because there was enough text.
    public private(set) var unusedCount = 0
    /// Documents that were used, and their bytes.
    public var usedCount: Int { starts.count }
    public var usedBytes: Int { text.count - starts.count }
    private var text: [UInt8] = []
    private var starts: [Int] = []

    /// - Parameter order: the length of the longest n-grams, brought between 1 and 7.
    public init(language: String, order: Int = 6, bytesMax: Int = 32 << 20) {
        self.order = max(1, min(ByteModel.orderMax, order))
        self.language = language
        self.bytesMax = bytesMax
    }

    public mutating func add(_ document: [UInt8]) {
        guard text.count + document.count < bytesMax else {
            unusedCount += 1
            return
        }
        starts.append(text.count)
        text.append(0x0A)
        text += document
    }

    /// The model of the documents so far; `workers` threads count n-grams of different lengths, and change nothing.
    public func model(workers: Int = 1) -> ByteModel {
        // The empty context, then n-grams by length, so that keys ascend.
        var entries = ByteModel.Entries()
        entries.append(ByteModel.key(0, 0), count: 0)
        let lengths = Mutex([ByteModel.Entries](repeating: .init(), count: order))
        let next = Mutex(order)
        DispatchQueue.concurrentPerform(iterations: max(1, min(workers, order))) { _ in
            // Long n-grams are the more different ones, and so take longest: they come first.
            while let length = Self.takeOne(next) {
                let grams = grams(of: length)
                lengths.withLock { $0[length - 1] = grams }
            }
        }
        for grams in lengths.withLock({ $0 }) { entries.append(grams) }
        countFollowers(&entries)
        return ByteModel(order: order, language: language, entries: entries)
    }

    private static func takeOne(_ next: borrowing Mutex<Int>) -> Int? {
        next.withLock { left in
            guard left > 0 else { return nil }
            left -= 1
            return left + 1
        }
    }

    /// Counts all n-grams of one length; a single byte isn't counted where it is the line feed before a document.
    private func grams(of length: Int) -> ByteModel.Entries {
        var keys: [UInt64] = []
        keys.reserveCapacity(text.count)
        for (document, start) in starts.enumerated() {
            let end = document + 1 < starts.count ? starts[document + 1] : text.count
            var gram: UInt64 = 0
            for place in start..<end {
                gram = gram << 8 | UInt64(text[place])
                let isComplete = place - start + 1 >= max(length, 2)
                if isComplete { keys.append(ByteModel.key(gram, length)) }
            }
        }
        keys.sort()
        var entries = ByteModel.Entries()
        let least = length >= 3 ? 2 : 1
        var first = 0
        while first < keys.count {
            var last = first + 1
            while last < keys.count, keys[last] == keys[first] { last += 1 }
            if last - first >= least { entries.append(keys[first], count: UInt32(clamping: last - first)) }
            first = last
        }
        // A context that only precedes documents must be there too.
        let lineFeed = ByteModel.key(0x0A, 1)
        if length == 1, !starts.isEmpty, !entries.keys.contains(lineFeed) {
            entries.insert(lineFeed, at: entries.keys.firstIndex { $0 > lineFeed } ?? entries.keys.count)
        }
        return entries
    }

    /// Adds each n-gram's count to its context, which is the n-gram without its last byte.
    private func countFollowers(_ entries: inout ByteModel.Entries) {
        var contexts: [UInt64: Int] = [:]
        for (place, key) in entries.keys.enumerated() { contexts[key] = place }
        for (place, key) in entries.keys.enumerated() where key >> 56 > 0 && entries.counts[place] > 0 {
            let length = Int(key >> 56)
            let bytes = key & 0x00FF_FFFF_FFFF_FFFF
            // A context of an n-gram that was kept occurred at least as often, so it was kept too.
            guard let context = contexts[ByteModel.key(bytes >> 8, length - 1)] else { continue }
            entries.followed[context] = entries.followed[context] &+ entries.counts[place]
            entries.followers[context] += 1
        }
    }
}

extension ByteModel.Entries {
    fileprivate mutating func append(_ key: UInt64, count: UInt32) {
        keys.append(key)
        counts.append(count)
        followed.append(0)
        followers.append(0)
    }

    fileprivate mutating func append(_ other: Self) {
        keys += other.keys
        counts += other.counts
        followed += other.followed
        followers += other.followers
    }

    /// An n-gram that never occurred.
    fileprivate mutating func insert(_ key: UInt64, at place: Int) {
        keys.insert(key, at: place)
        counts.insert(0, at: place)
        followed.insert(0, at: place)
        followers.insert(0, at: place)
    }
}
