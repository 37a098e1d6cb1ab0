/// Makes a ``ByteModel`` from the clean texts of a language.
///
/// The same documents in the same order make the same model; so do the same documents in another order, as long as all of
/// them fit into ``bytesMax``.
public struct ByteModelTrainer {
    public let order: Int
    public let language: String
    /// Text beyond this is not used: training holds some 12 bytes of memory for each byte of text.
    public let bytesMax: Int
    /// Documents that were not used because there was enough text.
    public private(set) var unusedCount = 0
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

    public func model() -> ByteModel {
        var entries = ByteModel.Entries()
        // The empty context, then n-grams by length, so that keys ascend.
        append(ByteModel.key(0, 0), 0, to: &entries)
        for length in 1...order { addGrams(of: length, to: &entries) }
        countFollowers(&entries)
        return ByteModel(order: order, language: language, entries: entries)
    }

    private func append(_ key: UInt64, _ count: UInt32, to entries: inout ByteModel.Entries) {
        entries.keys.append(key)
        entries.counts.append(count)
        entries.followed.append(0)
        entries.followers.append(0)
    }

    /// Counts all n-grams of one length; a single byte isn't counted where it is the line feed before a document.
    private func addGrams(of length: Int, to entries: inout ByteModel.Entries) {
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
        let least = length >= 3 ? 2 : 1
        var first = 0
        while first < keys.count {
            var last = first + 1
            while last < keys.count, keys[last] == keys[first] { last += 1 }
            if last - first >= least { append(keys[first], UInt32(clamping: last - first), to: &entries) }
            first = last
        }
        // A context that only precedes documents must be there too.
        if length == 1, !starts.isEmpty, !entries.keys.contains(ByteModel.key(0x0A, 1)) {
            let place = entries.keys.firstIndex { $0 > ByteModel.key(0x0A, 1) } ?? entries.keys.count
            entries.keys.insert(ByteModel.key(0x0A, 1), at: place)
            entries.counts.insert(0, at: place)
            entries.followed.insert(0, at: place)
            entries.followers.insert(0, at: place)
        }
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
