import Numerics

/// How the next token is taken from the model's logits.
public struct Sampling: Sendable, Equatable {
    /// Divides the logits; 0 takes the most likely token, the first of equals.
    public var temperature: Double
    /// Only so many of the likeliest tokens are drawn from; of equals at the limit the ones of least number.
    public var topK: Int?
    /// Only the likeliest tokens whose probabilities together reach this share are drawn from, after the temperature and ``topK``.
    public var topP: Double?
    /// Keys the draws (Philox), one stream per prompt.
    public var seed: UInt64

    /// Draws from all tokens; the most likely one is taken at temperature 0.
    public init(temperature: Double = 0, topK: Int? = nil, topP: Double? = nil, seed: UInt64 = 0) {
        (self.temperature, self.topK, self.topP, self.seed) = (temperature, topK, topP, seed)
    }

    /// Streams of generation in Philox's purpose space, away from those of training.
    private static let purpose: UInt64 = 1 << 24

    /// The token at `position` of the prompt number `stream`.
    func token(_ logits: ArraySlice<Float>, stream: Int, position: Int) -> Int32 {
        let top = logits.max() ?? 0
        if temperature <= 0 { return Int32((logits.firstIndex(of: top) ?? logits.startIndex) - logits.startIndex) }
        var weights = logits.map { DefinedFunctions.exponential(Double($0 - top) / temperature) }
        restrict(&weights, Array(logits))
        var rest =
            DefinedFunctions.uniform(
                seed: seed, purpose: Self.purpose + UInt64(stream), index: UInt64(position)) * weights.reduce(0, +)
        for (token, weight) in weights.enumerated() where weight > 0 {
            rest -= weight
            if rest < 0 { return Int32(token) }
        }
        return Int32(weights.lastIndex { $0 > 0 } ?? 0)
    }

    /// Takes the weight of all tokens that are not to be drawn.
    private func restrict(_ weights: inout [Double], _ logits: [Float]) {
        guard topK.map({ $0 < weights.count }) ?? false || topP.map({ $0 < 1 }) ?? false else { return }
        let order = weights.indices.sorted { logits[$0] == logits[$1] ? $0 < $1 : logits[$0] > logits[$1] }
        var kept = min(topK ?? order.count, order.count)
        if let topP {
            let share = topP * order[..<kept].reduce(0) { $0 + weights[$1] }
            var sum = 0.0
            // The token with which the share is reached is drawn from, too.
            let full = order[..<kept].firstIndex { token in
                sum += weights[token]
                return sum >= share
            }
            kept = full.map { $0 + 1 } ?? kept
        }
        for token in order[kept...] { weights[token] = 0 }
    }
}
