/// Kendall's rank correlation with ties (tau-b): 1 if two lists put everything in the same order, −1 in the opposite.
enum KendallRank {
    /// (concordant − discordant pairs) / √(pairs not tied in one × pairs not tied in the other); `nil` if one list is all
    /// ties or there is no pair.
    static func correlation(_ one: [Double], _ other: [Double]) -> Double? {
        precondition(one.count == other.count)
        var (agreement, untied, otherUntied) = (0, 0, 0)
        for i in one.indices {
            for j in one.indices where j > i {
                let (a, b) = (sign(one[i] - one[j]), sign(other[i] - other[j]))
                agreement += a * b
                untied += a.magnitude == 1 ? 1 : 0
                otherUntied += b.magnitude == 1 ? 1 : 0
            }
        }
        guard untied > 0, otherUntied > 0 else { return nil }
        return Double(agreement) / (Double(untied) * Double(otherUntied)).squareRoot()
    }

    private static func sign(_ difference: Double) -> Int { difference > 0 ? 1 : difference < 0 ? -1 : 0 }
}
