/// Withholds the update of a step whose numbers are out of bounds: parameters and moments stay as they were.
///
/// Every rank decides by itself and all decide alike, since loss and norm are the same bits on each (A10, A11).
public struct StepGuard: Sendable, Equatable {
    /// Whether a loss or a gradient norm that is not finite withholds the update.
    public var withholdsNonFinite: Bool
    /// The largest loss that is still updated from; `nil` for any.
    public var largestLoss: Double?

    public init(withholdsNonFinite: Bool, largestLoss: Double? = nil) {
        self.withholdsNonFinite = withholdsNonFinite
        self.largestLoss = largestLoss
    }

    /// Whether a step with these numbers is not updated from.
    public func withholds(loss: Double, gradientNorm: Double) -> Bool {
        if withholdsNonFinite, !loss.isFinite || !gradientNorm.isFinite { return true }
        return largestLoss.map { loss > $0 } ?? false
    }
}
