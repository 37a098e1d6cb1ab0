import CKernels

/// Elementary functions whose bits are the contract's on every machine (A2), for schedules and sampling.
public enum DefinedFunctions {
    public static func cosine(_ x: Double) -> Double { serre_cos64(x) }
    public static func exponential(_ x: Double) -> Double { serre_exp64(x) }
    public static func logarithm(_ x: Double) -> Double { serre_log64(x) }

    /// A number in [0, 1) from Philox, keyed by (seed, purpose, index).
    public static func uniform(seed: UInt64, purpose: UInt64, index: UInt64) -> Double {
        let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
        let counter = [
            UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0,
            UInt32(truncatingIfNeeded: purpose),
        ]
        var words: [UInt32] = [0, 0, 0, 0]
        serre_philox(key, counter, &words)
        return Double(words[0]) / 4_294_967_296
    }
}
