/// The draws of one stream, one after the other: what a simulation in virtual time takes its chances from.
///
/// ```swift
/// var draws = RandomDraws(seed: 42, purpose: 0x4641_494C, stream: 7)
/// let secondsToFailure = draws.exponential(mean: 86400)
/// ```
///
/// Streams of different seeds, purposes or numbers are independent of each other.
public struct RandomDraws: Sendable {
    private let key: SIMD2<UInt32>
    private let purpose: UInt32
    private let stream: UInt64
    private var position: UInt32 = 0

    /// - Parameters:
    ///   - purpose: sets the draws apart from other uses of the seed; four letters in ASCII by custom.
    ///   - stream: which of many independent streams, such as the number of a simulated run.
    public init(seed: UInt64, purpose: UInt32, stream: UInt64) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.purpose = purpose
        self.stream = stream
    }

    /// A number greater than 0 and at most 1, in steps of 2⁻⁵³. A stream has 2³² of them.
    public mutating func uniform() -> Double {
        let counter = SIMD4(
            position, purpose, UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
        position += 1
        let words = Philox.block(counter: counter, key: key)
        let bits = UInt64(words[0]) << 32 | UInt64(words[1])
        return Double(bits >> 11 + 1) * 0x1p-53
    }

    /// A time until something that happens once per `mean` on average, and that does not age.
    public mutating func exponential(mean: Double) -> Double { -Self.logarithm(uniform()) * mean }

    /// A number that is as often above 0 as below, and in 80 % of draws between −1 and 1 (the logistic distribution).
    public mutating func spread() -> Double {
        let draw = min(max(uniform(), 1e-12), 1 - 1e-12)
        return Self.logarithm(draw / (1 - draw)) / Self.logarithm(9)
    }

    /// The natural logarithm of a positive normal number: sums and products in a fixed order, so the same bits on every
    /// machine, which the system's own does not promise.
    static func logarithm(_ x: Double) -> Double {
        precondition(x.isNormal && x > 0, "the logarithm of \(x)")
        var (mantissa, exponent) = (x.significand, Double(x.exponent))
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa *= 0.5
            exponent += 1
        }
        // ln m = 2 artanh z with z = (m − 1)/(m + 1), at most 0.172: the terms left out are below 2⁻⁵⁶ of the sum.
        let z = (mantissa - 1) / (mantissa + 1)
        let square = z * z
        var sum = 0.0
        for odd in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(odd) }
        return 2 * z * sum + exponent * 0.693_147_180_559_945_3
    }
}
