import Numerics

/// McNemar's exact test: of the items on which just one of two models is right, is it as often the one as the other?
enum McNemar {
    /// The two-sided probability of a split at least as uneven, were both models as good; 1 where they agree on every item.
    static func probability(_ pairs: [(first: Double, second: Double)]) -> Double {
        let onlyFirst = pairs.count { $0.first > 0.5 && $0.second < 0.5 }
        let onlySecond = pairs.count { $0.first < 0.5 && $0.second > 0.5 }
        return binomial(min(onlyFirst, onlySecond), of: onlyFirst + onlySecond)
    }

    /// Twice the probability of at most `fewer` heads in `all` throws of a fair coin, at most 1.
    static func binomial(_ fewer: Int, of all: Int) -> Double {
        guard all > 0 else { return 1 }
        // Logarithms, since 2⁻ⁿ is 0 for many items.
        var logarithm = -Double(all) * DefinedFunctions.logarithm(2)
        var sum = DefinedFunctions.exponential(logarithm)
        for heads in stride(from: 1, through: fewer, by: 1) {
            logarithm += DefinedFunctions.logarithm(Double(all - heads + 1) / Double(heads))
            sum += DefinedFunctions.exponential(logarithm)
        }
        return min(1, 2 * sum)
    }
}
