import Foundation

/// How many parameters and tokens an amount of training makes the most of, as published experiments found.
///
/// An amount of training is C floating-point operations, with C = 6·N·D for N parameters and D tokens (Kaplan et al. 2020).
public enum ScalingLaw: String, Sendable, CaseIterable {
    /// About 20 tokens per parameter: the first two analyses of Hoffmann et al. 2022, and how Chinchilla was trained.
    case twentyTokens = "twenty-tokens"
    /// The minimum of the loss that Hoffmann et al. 2022 fitted (their third analysis).
    case hoffmann
    /// The minimum of the loss fitted again to the same experiments by Besiroglu et al. 2024.
    case besiroglu
    /// The power laws of Kaplan et al. 2020, from shorter runs of smaller models whose learning rates had not decayed.
    case kaplan

    public var source: String {
        switch self {
        case .twentyTokens:
            "D = 20·N, approaches 1 and 2 of Hoffmann et al. 2022, Training Compute-Optimal Large Language Models "
                + "(arXiv 2203.15556)"
        case .hoffmann: "Hoffmann et al. 2022, approach 3: L = 1.69 + 406.4/N^0.34 + 410.7/D^0.28"
        case .besiroglu:
            "Besiroglu et al. 2024 (arXiv 2404.10102), the same fit again: L = 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658"
        case .kaplan:
            "Kaplan et al. 2020 (arXiv 2001.08361): N = 1.3e9·C^0.73, C in petaFLOP/s-days, embeddings not counted"
        }
    }

    /// N parameters (embeddings included, save where the source counts otherwise) and D tokens.
    public struct Optimum: Sendable, Equatable {
        public var parameters: Double
        public var tokens: Double

        public var tokensPerParameter: Double { tokens / parameters }
    }

    /// What the law makes of `operations` floating-point operations.
    public func optimum(operations: Double) -> Optimum {
        let product = operations / 6
        let parameters: Double
        switch self {
        case .twentyTokens: parameters = (product / 20).squareRoot()
        case .hoffmann: parameters = LossLaw.hoffmann.optimalParameters(product: product)
        case .besiroglu: parameters = LossLaw.besiroglu.optimalParameters(product: product)
        case .kaplan: parameters = 1.3e9 * pow(operations / (1e15 * 86400), 0.73)
        }
        return Optimum(parameters: parameters, tokens: product / parameters)
    }
}

/// A loss L(N, D) = E + A/N^α + B/D^β, in nats per token, fitted to Chinchilla's experiments.
///
/// It holds for their English corpus and tokeniser: it compares choices, and promises nothing about another corpus.
public struct LossLaw: Sendable, Equatable {
    public var irreducible, parameterFactor, tokenFactor, parameterExponent, tokenExponent: Double

    /// Hoffmann et al. 2022 (arXiv 2203.15556), equation 10.
    public static let hoffmann = LossLaw(
        irreducible: 1.69, parameterFactor: 406.4, tokenFactor: 410.7, parameterExponent: 0.34, tokenExponent: 0.28)
    /// Besiroglu et al. 2024 (arXiv 2404.10102).
    public static let besiroglu = LossLaw(
        irreducible: 1.8172, parameterFactor: 482.01, tokenFactor: 2085.43, parameterExponent: 0.3478,
        tokenExponent: 0.3658)

    public func loss(parameters: Double, tokens: Double) -> Double {
        irreducible + parameterFactor * pow(parameters, -parameterExponent) + tokenFactor * pow(tokens, -tokenExponent)
    }

    /// The parameters of least loss where parameters times tokens is `product`: G·product^(β/(α+β)), with
    /// G = (αA/(βB))^(1/(α+β)) (Hoffmann et al. 2022, equation 4).
    func optimalParameters(product: Double) -> Double {
        let sum = parameterExponent + tokenExponent
        let factor = pow(parameterExponent * parameterFactor / (tokenExponent * tokenFactor), 1 / sum)
        return factor * pow(product, tokenExponent / sum)
    }
}
