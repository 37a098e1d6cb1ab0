import Diagnostics
import Foundation
import Integrity
import Interchange

extension TokenCorpus: TokenSource {
    public var place: String { path }
    public var manifestPath: String { path }
    public var digest: Digest { manifest.digest }
    public var documentEnd: Int { manifest.documentEnd }
    public var vocabulary: Int { manifest.vocabulary }
    public var languages: [String] { manifest.languages.map(\.code) }
    public var trainTokenCount: Int { manifest.trainTokens.reduce(0) { $0 + $1.tokens } }

    public func samples(
        sequenceLength: Int, seed: UInt64, weighting: LanguageWeighting?
    ) throws(Diagnostic) -> any SampleSequence {
        let weighting = weighting ?? manifest.weighting
        let shares = try weighting.shares(manifest.trainTokens, file: path)
        var parts: [BlendedOrder.Part] = []
        var files: [IndexedTokens] = []
        for (place, share) in shares.enumerated() where share > 0 {
            let language = manifest.languages[place].code
            guard let tokens = trainTokens(place) else { continue }
            let windows = max(0, tokens.tokenCount - 1) / sequenceLength
            guard windows > 0 else {
                // Where the shares follow from the tokens, a language of less than a window has next to none.
                if case .tokens = weighting { continue }
                throw tooSmall(language, sequenceLength, tokens.tokenCount)
            }
            parts.append(.init(language: language, windows: windows, share: share))
            files.append(tokens)
        }
        guard !parts.isEmpty else { throw tooSmall(nil, sequenceLength, trainTokenCount) }
        return BlendedSamples(
            files: files, order: BlendedOrder(parts: parts, seed: seed), sequenceLength: sequenceLength)
    }

    private func tooSmall(_ language: String?, _ sequenceLength: Int, _ found: Int) -> Diagnostic {
        Diagnostic(
            "data.too-small",
            "\(language.map { "the language \($0)" } ?? "every language") is too small for one sample",
            at: .init(file: path), expected: "at least \(sequenceLength + 1) training tokens", found: "\(found)",
            remedy: language == nil ? nil : "give it the weight 0")
    }

    public func validationTokenCount(language: String) -> Int { validationTokens(language)?.tokenCount ?? 0 }

    public func validationWindow(
        language: String, index: Int, sequenceLength: Int, into buffer: UnsafeMutableBufferPointer<Int32>
    ) {
        precondition(buffer.count > sequenceLength, "the buffer is too small for the window and its last target")
        let window = UnsafeMutableBufferPointer(rebasing: buffer.prefix(sequenceLength + 1))
        validationTokens(language)?.copy(from: index * sequenceLength, into: window)
    }

    public func textBytes(of tokens: some Sequence<Int32>) -> Int { tokens.reduce(0) { $0 + textBytes(of: $1) } }

    /// Train tokens that a report may read.
    private static let reportedTokens = 1 << 28

    public var unigramEntropy: Double? {
        guard trainTokenCount <= Self.reportedTokens, trainTokenCount > 0 else { return nil }
        var counts = [Int](repeating: 0, count: vocabulary)
        var piece = [Int32](repeating: 0, count: 1 << 16)
        for tokens in manifest.languages.indices.compactMap({ trainTokens($0) }) {
            for first in stride(from: 0, to: tokens.tokenCount, by: piece.count) {
                let count = min(piece.count, tokens.tokenCount - first)
                piece.withUnsafeMutableBufferPointer {
                    tokens.copy(from: first, into: .init(rebasing: $0.prefix(count)))
                }
                for token in piece.prefix(count) where counts.indices.contains(Int(token)) { counts[Int(token)] += 1 }
            }
        }
        let total = Double(trainTokenCount)
        return counts.reduce(0.0) { sum, count in
            count == 0 ? sum : sum - Double(count) / total * log(Double(count) / total)
        }
    }
}

/// The windows of each language, blended.
private struct BlendedSamples: SampleSequence {
    /// The train tokens of each part of the order.
    let files: [IndexedTokens]
    let order: BlendedOrder
    let sequenceLength: Int

    func copy(sample: Int, into tokens: UnsafeMutableBufferPointer<Int32>) {
        precondition(tokens.count > sequenceLength, "the buffer is too small for the window and its last target")
        let (part, window) = order.place(ofSample: sample)
        files[part].copy(from: window * sequenceLength, into: .init(rebasing: tokens.prefix(sequenceLength + 1)))
    }

    func visits(ofFirst samples: Int) -> [LanguageVisits] {
        zip(order.parts, order.counts(ofFirst: samples)).map { part, count in
            LanguageVisits(language: part.language, samples: count, windows: part.windows)
        }
    }
}
