import Foundation

extension Corpus {
    /// How often each token occurs in the train tokens: `vocabulary` counts. Reads every train token.
    public func trainTokenCounts() -> [Int] {
        var counts = [Int](repeating: 0, count: vocabulary)
        train.forEachToken { counts[$0] += 1 }
        return counts
    }

    /// The entropy of the train tokens' frequencies: the loss of the best model that ignores context. Reads every train token.
    public var unigramEntropyNatsPerToken: Double {
        let total = Double(trainTokenCount)
        return trainTokenCounts().reduce(0.0) { sum, count in
            count == 0 ? sum : sum - Double(count) / total * log(Double(count) / total)
        }
    }

    /// The same entropy spread over the bytes of train text, which are fewer than the tokens by the document ends.
    public var unigramEntropyBitsPerByte: Double {
        let bytes = manifest.languages.reduce(0) { $0 + $1.bytes - $1.validation.bytes }
        guard bytes > 0 else { return 0 }
        return unigramEntropyNatsPerToken / log(2) * Double(trainTokenCount) / Double(bytes)
    }
}
