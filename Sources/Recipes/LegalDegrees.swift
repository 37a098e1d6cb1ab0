extension Recipe {
    /// The degrees by which a tree over `leaves` leaves may be spread (A4), ascending: 1, and every degree that leaves
    /// each rank a power of two of leaves.
    public static func legalDegrees(leaves: Int) -> [Int] {
        guard leaves >= 1 else { return [] }
        var degrees = [1]
        var share = 1 << leaves.trailingZeroBitCount
        while share >= 1 {
            if leaves / share > 1 { degrees.append(leaves / share) }
            share /= 2
        }
        return degrees
    }

    /// The tensor degrees that segments (A4, A5) and the heads of keys and values allow.
    public var legalTensorDegrees: [Int] {
        Self.legalDegrees(leaves: segments).filter { model.keyValueHeads % $0 == 0 }
    }

    /// The pipeline degrees that share out the layers, evenly or with embedding and head as slots.
    public var legalPipelineDegrees: [Int] {
        (1...max(1, model.layers)).filter { model.stageLayers(pipeline: $0) != nil }
    }

    /// The data degrees that the lanes allow (A4, A6): neighbouring lanes on a rank or, under ZeRO-2 and 3, every
    /// `data`-th lane, whose rounds must be aligned blocks of the lanes' tree.
    public func legalDataDegrees(zero: Int = 1) -> [Int] {
        guard zero >= 2 else { return Self.legalDegrees(leaves: lanes) }
        let blocks = (0...lanes.trailingZeroBitCount).map { 1 << $0 }
        return blocks.last == lanes ? blocks : blocks + [lanes]
    }

    /// The micro-batch sizes that a data degree allows: they divide each replica's share of every global batch or,
    /// under ZeRO-2 and 3, each lane.
    public func legalMicroBatches(data: Int, zero: Int = 1) -> [Int] {
        let common = batchSizes.reduce(0, greatestCommonDivisor)
        let shares = zero >= 2 && data > 1 ? lanes : data
        guard shares >= 1, common >= 1, common % shares == 0 else { return [] }
        return divisors(of: common / shares)
    }

    /// The numbers of chunks per pipeline rank that share out the layers, two or more.
    public func legalInterleaves(pipeline: Int) -> [Int] {
        guard pipeline >= 2 else { return [] }
        return (2...max(2, model.layers / pipeline)).filter { model.stageLayers(pipeline: pipeline * $0) != nil }
    }

    /// The global batch and, with a ramp, the numbers of which every smaller batch is a sum.
    var batchSizes: [Int] {
        [batch.global] + (batch.growth.map { [$0.start, $0.increment] } ?? [])
    }
}

/// The divisors of a positive number, ascending.
func divisors(of number: Int) -> [Int] {
    var low = [Int]()
    var candidate = 1
    while candidate * candidate <= number {
        if number % candidate == 0 { low.append(candidate) }
        candidate += 1
    }
    let high = low.reversed().map { number / $0 }
    return low.last == high.first ? low + high.dropFirst() : low + high
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
