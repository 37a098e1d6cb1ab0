/// The values a decimal number may take; every case excludes infinities.
public enum NumberBounds: Sendable, Equatable {
    /// Greater than 0.
    case positive
    /// 0 or greater.
    case nonNegative
    /// Greater than 0, at most 1: an achieved share.
    case share
    /// 0 or greater, less than 1: a decay rate.
    case belowOne
    /// Both ends included.
    case between(Double, Double)

    public func contains(_ number: Double) -> Bool {
        switch self {
        case .positive: number > 0
        case .nonNegative: number >= 0
        case .share: number > 0 && number <= 1
        case .belowOne: number >= 0 && number < 1
        case .between(let low, let high): low <= number && number <= high
        }
    }

    var described: String {
        switch self {
        case .positive: "a number greater than 0"
        case .nonNegative: "a number of at least 0"
        case .share: "a number greater than 0 and at most 1"
        case .belowOne: "a number of at least 0 and less than 1"
        case .between(let low, let high): "a number from \(low) to \(high)"
        }
    }
}
