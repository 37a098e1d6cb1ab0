import Diagnostics

/// How large a part of training each language is.
public enum LanguageWeighting: Sendable, Equatable {
    /// In proportion to its train tokens to this power: 1 as they are, 0 all alike, 0.3 between.
    case tokens(exponent: Double)
    /// As given, in any unit; 0 leaves a language out of training.
    case given([String: Double])

    /// The shares of languages in whole units, in the order of `languages`: the same on every machine.
    ///
    /// Throws `weights.…` for a weight that is missing, of no such language, negative or not finite, and when nothing is left
    /// to train on.
    public func shares(_ languages: [(code: String, tokens: Int)], file: String) throws(Diagnostic) -> [UInt64] {
        let weights: [Double]
        switch self {
        case .tokens(exponent: 1):
            let shares = languages.map { UInt64(max(0, min($0.tokens, 1 << 40))) }
            guard shares.contains(where: { $0 > 0 }) else { throw nothingLeft(file) }
            return shares
        case .tokens(let exponent):
            guard (0...1).contains(exponent) else {
                throw Diagnostic(
                    "weights.exponent", "the exponent of the language shares is out of range", at: .init(file: file),
                    expected: "a number from 0 to 1", found: "\(exponent)")
            }
            weights = languages.map { $0.tokens > 0 ? definedPower(Double($0.tokens), exponent) : 0 }
        case .given(let given): weights = try checked(given, languages, file)
        }
        return try units(weights, file)
    }

    private func checked(
        _ given: [String: Double], _ languages: [(code: String, tokens: Int)], _ file: String
    ) throws(Diagnostic) -> [Double] {
        func refuse(_ code: String, _ message: String, _ language: String, remedy: String?) -> Diagnostic {
            Diagnostic("weights." + code, message, at: .init(file: file, key: language), remedy: remedy)
        }
        let codes = languages.map(\.code)
        for language in given.keys.sorted() where !codes.contains(language) {
            throw refuse(
                "unknown", "there is a weight for a language that the tokens do not have", language,
                remedy: nearestWord(to: language, among: codes).map { "did you mean \($0)?" })
        }
        var weights: [Double] = []
        for (code, tokens) in languages {
            guard let weight = given[code] else {
                throw refuse("missing", "the language has no weight", code, remedy: "give it one, 0 to leave it out")
            }
            guard weight >= 0, weight.isFinite else {
                throw refuse("range", "the weight is not a number of at least 0", code, remedy: nil)
            }
            guard weight == 0 || tokens > 0 else {
                throw refuse("empty", "the language has no tokens to train on", code, remedy: "give it the weight 0")
            }
            weights.append(weight)
        }
        return weights
    }

    /// Weights as multiples of 2⁻⁴⁰ of the largest, at least one where positive.
    private func units(_ weights: [Double], _ file: String) throws(Diagnostic) -> [UInt64] {
        let largest = weights.max() ?? 0
        guard largest > 0 else { throw nothingLeft(file) }
        return weights.map { $0 == 0 ? 0 : max(1, UInt64(($0 / largest * 0x1p40).rounded())) }
    }

    private func nothingLeft(_ file: String) -> Diagnostic {
        Diagnostic(
            "weights.none", "no language with tokens to train on has a weight above 0", at: .init(file: file),
            remedy: "give at least one such language a positive weight")
    }
}

/// x to the power y for a normal x > 0 and y of modest size, by sums and products in a fixed order: the same bits on every
/// machine, which the system's own function does not promise.
func definedPower(_ x: Double, _ y: Double) -> Double {
    precondition(x.isNormal && x > 0, "the power of \(x)")
    let power = y * definedLogarithm(x)
    // e^p = 2^k · e^r with |r| ≤ ln 2 / 2: the terms left out are below 2⁻⁵⁶ of the sum.
    let exponent = (power / 0.693_147_180_559_945_3).rounded()
    let rest = power - exponent * 0.693_147_180_559_945_3
    var sum = 1.0
    for term in stride(from: 16.0, through: 1, by: -1) { sum = 1 + rest / term * sum }
    return Double(sign: .plus, exponent: Int(exponent), significand: sum)
}

/// ln x: see ``definedPower``.
private func definedLogarithm(_ x: Double) -> Double {
    var (mantissa, exponent) = (x.significand, Double(x.exponent))
    if mantissa > 1.414_213_562_373_095_1 {
        mantissa *= 0.5
        exponent += 1
    }
    // ln m = 2 artanh z with z = (m − 1)/(m + 1), at most 0.172 in size.
    let z = (mantissa - 1) / (mantissa + 1)
    let square = z * z
    var sum = 0.0
    for odd in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(odd) }
    return 2 * z * sum + exponent * 0.693_147_180_559_945_3
}
