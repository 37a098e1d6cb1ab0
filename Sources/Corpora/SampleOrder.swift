import Randomness

/// The order in which training visits the windows: a pure function of sample number and seed.
///
/// Each epoch is a permutation of all windows, another one for each epoch and seed, computed without a table: a Feistel
/// network over the smallest even number of bits that holds every index, walked on until the result is an index. Nothing
/// has to be stored to resume: the number of samples consumed says it all.
public struct SampleOrder: Sendable, Equatable {
    /// How many windows an epoch has.
    public let windows: Int
    /// What the permutations are drawn from.
    public let seed: UInt64

    /// An order over at least one window.
    public init(windows: Int, seed: UInt64) {
        precondition(windows > 0, "an order needs at least one window")
        self.windows = windows
        self.seed = seed
    }

    /// The window that training visits as sample number `sample`, counted from 0.
    public func window(ofSample sample: Int) -> Int {
        precondition(sample >= 0, "samples are counted from 0")
        return permuted(sample % windows, epoch: sample / windows)
    }

    /// The image of `position` under the permutation of an epoch.
    private func permuted(_ position: Int, epoch: Int) -> Int {
        let indexBits = Int.bitWidth - (windows - 1).leadingZeroBitCount
        let halfBits = max(1, (indexBits + 1) / 2)
        var value = UInt64(position)
        // The network permutes 2^(2·halfBits) < 8·windows values. Following its cycle from an index always meets an
        // index again, the start itself at the latest, and distinct starts meet distinct ones.
        repeat {
            value = feistel(value, halfBits: halfBits, epoch: UInt64(epoch))
        } while value >= UInt64(windows)
        return Int(value)
    }

    private static let rounds: UInt32 = 6
    /// Sets these counters apart from other uses of the seed: "SORT" in ASCII, plus the round.
    private static let purpose: UInt32 = 0x534F_5254

    private func feistel(_ value: UInt64, halfBits: Int, epoch: UInt64) -> UInt64 {
        let mask = UInt64(1) << halfBits - 1
        let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        var left = value >> halfBits
        var right = value & mask
        for round in 0..<Self.rounds {
            let counter = SIMD4(
                UInt32(truncatingIfNeeded: right), Self.purpose + round, UInt32(truncatingIfNeeded: epoch),
                UInt32(truncatingIfNeeded: epoch >> 32))
            (left, right) = (right, left ^ (UInt64(Philox.block(counter: counter, key: key)[0]) & mask))
        }
        return left << halfBits | right
    }
}
