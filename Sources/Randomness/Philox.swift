/// The counter-based generator Philox 4×32-10 (Salmon et al. 2011): a pure function of counter and key.
public enum Philox {
    /// Four words of random bits for a counter of four words and a key of two.
    public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var state = counter
        var key = key
        for _ in 0..<10 {
            let first = state[0].multipliedFullWidth(by: 0xD251_1F53)
            let second = state[2].multipliedFullWidth(by: 0xCD9E_8D57)
            state = SIMD4(
                second.high ^ state[1] ^ key[0], second.low, first.high ^ state[3] ^ key[1], first.low)
            // The increments are the golden ratio and √3 − 1, as 32-bit fractions.
            key = key &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return state
    }
}
