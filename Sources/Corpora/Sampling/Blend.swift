/// Which part of a mixture each sample is from, and its number within that part: a pure function of shares, seed and sample
/// number, without a table.
///
/// Samples are laid out in a balanced tree over the parts: at each node the first n samples give `n·left/(left + right)`, to the
/// nearest whole number, to the left side and the rest to the right. Each step of n goes to one side, so every part's samples
/// are numbered without gaps, and after any number of samples a part has at most one sample per level of the tree more
/// or less than its share. Then the samples of each block of ``blockSize`` are permuted among themselves, so that the parts
/// alternate as if drawn and not in a pattern.
public struct Blend: Sendable, Equatable {
    /// Samples that are permuted among themselves.
    public static let blockSize = 1024
    /// The largest sum of shares.
    public static let mostUnits: UInt64 = 1 << 62

    /// The sums of the shares of the parts before each part, and of all.
    private let sums: [UInt64]
    private let blocks: SampleOrder

    /// A mixture of parts in the proportion of `shares`, of which each is positive and all are at most ``mostUnits``.
    public init(shares: [UInt64], seed: UInt64) {
        precondition(!shares.isEmpty && shares.allSatisfy { $0 > 0 }, "every part of a mixture has a share")
        var sums: [UInt64] = [0]
        for share in shares {
            precondition(share <= Self.mostUnits - sums[sums.count - 1], "the shares are too large")
            sums.append(sums[sums.count - 1] + share)
        }
        self.sums = sums
        blocks = SampleOrder(windows: Self.blockSize, seed: seed)
    }

    /// How many parts there are.
    public var parts: Int { sums.count - 1 }

    /// The part that sample number `sample`, counted from 0, is from, and its number among that part's samples.
    public func place(ofSample sample: Int) -> (part: Int, index: Int) {
        let block = sample / Self.blockSize * Self.blockSize
        var index = block + blocks.window(ofSample: sample)
        var parts = 0..<parts
        while parts.count > 1 {
            let middle = (parts.lowerBound + parts.upperBound) / 2
            let before = left(of: index, parts, middle)
            if left(of: index + 1, parts, middle) > before {
                (parts, index) = (parts.lowerBound..<middle, before)
            } else {
                (parts, index) = (middle..<parts.upperBound, index - before)
            }
        }
        return (parts.lowerBound, index)
    }

    /// How many of the first `samples` samples are from each part.
    public func counts(ofFirst samples: Int) -> [Int] {
        let whole = samples / Self.blockSize * Self.blockSize
        var counts = [Int](repeating: 0, count: parts)
        distribute(whole, over: 0..<parts, into: &counts)
        for sample in whole..<samples { counts[place(ofSample: sample).part] += 1 }
        return counts
    }

    private func distribute(_ samples: Int, over parts: Range<Int>, into counts: inout [Int]) {
        guard parts.count > 1 else { return counts[parts.lowerBound] = samples }
        let middle = (parts.lowerBound + parts.upperBound) / 2
        let left = left(of: samples, parts, middle)
        distribute(left, over: parts.lowerBound..<middle, into: &counts)
        distribute(samples - left, over: middle..<parts.upperBound, into: &counts)
    }

    /// How many of the first `samples` samples of some parts are from those before `middle`.
    private func left(of samples: Int, _ parts: Range<Int>, _ middle: Int) -> Int {
        let all = sums[parts.upperBound] - sums[parts.lowerBound]
        let share = sums[middle] - sums[parts.lowerBound]
        // samples·share + all/2 in two words: the quotient is at most `samples`, so the division cannot overflow.
        let product = UInt64(samples).multipliedFullWidth(by: share)
        let (low, carries) = product.low.addingReportingOverflow(all / 2)
        return Int(all.dividingFullWidth((product.high + (carries ? 1 : 0), low)).quotient)
    }
}
