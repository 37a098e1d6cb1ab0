import Dispatch

extension Tokenizer {
    /// Appends the tokens of one text to `ids`; for many texts use a ``TokenEncoder``.
    public func encode(_ text: [UInt8], into ids: inout [TokenID], special: SpecialText = .recognised) {
        var encoder = TokenEncoder(self, caching: text.count > 100_000)
        encoder.encode(text, into: &ids, special: special)
    }

    /// The tokens of each text, in order; `workers` threads share the texts and change nothing else.
    public func encode(
        _ texts: [[UInt8]], workers: Int, special: SpecialText = .recognised
    ) -> [[TokenID]] {
        let parts = Self.parts(of: texts.map(\.count), count: workers)
        var results = [[[TokenID]]](repeating: [], count: parts.count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Each worker writes its own element.
            nonisolated(unsafe) let results = buffer
            DispatchQueue.concurrentPerform(iterations: parts.count) { part in
                var encoder = TokenEncoder(self)
                results[part] = parts[part].map { index in
                    var ids: [TokenID] = []
                    encoder.encode(texts[index], into: &ids, special: special)
                    return ids
                }
            }
        }
        return Array(results.joined())
    }

    /// Cuts the indices of texts into at most `count` ranges of about as many bytes.
    static func parts(of sizes: [Int], count: Int) -> [Range<Int>] {
        let total = sizes.reduce(0, +)
        var parts: [Range<Int>] = []
        var (start, bytes) = (0, 0)
        for (index, size) in sizes.enumerated() {
            bytes += size
            if parts.count < count - 1, bytes >= total / max(count, 1) * (parts.count + 1) {
                parts.append(start..<index + 1)
                start = index + 1
            }
        }
        if start < sizes.count { parts.append(start..<sizes.count) }
        return parts
    }
}
