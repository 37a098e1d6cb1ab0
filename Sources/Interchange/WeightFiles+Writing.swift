import Diagnostics
import Integrity

extension WeightFiles {
    /// What was written.
    public struct Receipt: Sendable, Equatable {
        /// The safetensors files, in order.
        public var files: [File]

        /// A file's name, its length and its digest.
        public struct File: Sendable, Equatable {
            public var name: String
            public var byteCount: Int
            public var digest: Digest
        }
    }

    /// Whether a file in a model's folder is one that ``write(_:largest:to:data:)`` makes.
    public static func isOwn(_ name: String) -> Bool {
        name == fileName || name == indexName || name.wholeMatch(of: /model-\d{5,}-of-\d{5,}\.safetensors/) != nil
    }

    /// Writes tensors to `folder`: one file, or several with an index when their data exceed `largest` bytes.
    ///
    /// Each group stays together in one file; `data` appends the tensors of the group of a number, as ``Safetensors`` wants
    /// them, and is called once for each, in order. A group that is larger than `largest` has a file of its own.
    public static func write(
        _ groups: [[TensorDescription]], largest: Int, to folder: String,
        data: (
            _ group: Int, _ append: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void
        ) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> Receipt {
        let shards = shards(groups.map { $0.reduce(0) { $0 + ($1.byteCount ?? 0) } }, largest: largest)
        var receipt = Receipt(files: [])
        var places: [(tensor: String, file: String)] = []
        for (number, shard) in shards.enumerated() {
            let name = shards.count == 1 ? fileName : shardName(number + 1, of: shards.count)
            let tensors = groups[shard].flatMap { $0 }
            let written = try Safetensors.write(tensors, metadata: ["format": "pt"], to: folder + "/" + name) {
                (append) throws(Diagnostic) in
                // The compiler cannot see that `data` does not call itself through `append`; it has no way to.
                try withoutActuallyEscaping(append) { (append) throws(Diagnostic) in
                    for group in shard { try data(group, append) }
                }
            }
            receipt.files.append(.init(name: name, byteCount: written.byteCount, digest: written.digest))
            places += tensors.map { ($0.name, name) }
        }
        if shards.count > 1 {
            let tensors = groups.flatMap { $0 }
            let index = WeightIndex.json(
                totalSize: tensors.reduce(0) { $0 + ($1.byteCount ?? 0) },
                parameters: tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }, files: places)
            try AtomicFile.write(index, to: folder + "/" + indexName)
        }
        return receipt
    }

    /// Consecutive groups that share a file: as many as fit, at least one.
    static func shards(_ sizes: [Int], largest: Int) -> [Range<Int>] {
        var shards: [Range<Int>] = []
        var (start, held) = (0, 0)
        for (i, size) in sizes.enumerated() {
            if i > start, held + size > largest {
                shards.append(start..<i)
                (start, held) = (i, 0)
            }
            held += size
        }
        return shards + [start..<sizes.count]
    }

    /// `model-00001-of-00002.safetensors`.
    private static func shardName(_ number: Int, of count: Int) -> String {
        func padded(_ number: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        }
        return "model-\(padded(number))-of-\(padded(count)).safetensors"
    }
}
