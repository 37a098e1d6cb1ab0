/// The steps that two runs both recorded, compared by the exact bits of loss, gradient norm and update sum.
public struct StepComparison: Sendable, Equatable {
    /// How many steps both recorded.
    public var common = 0
    /// How many of those differ.
    public var differing = 0
    /// The last step that each recorded; `nil` when none.
    public var lastA: Int?
    public var lastB: Int?
    /// The first step that differs, as each has it.
    public var first: Pair?
    /// The largest absolute difference of each number whose bits differ.
    public var largest: [Largest] = []
    /// The state digests that both have for the same step.
    public var digests = Digests()

    /// One step as two runs have it.
    public struct Pair: Sendable, Equatable {
        public var a: StepMetrics
        public var b: StepMetrics
    }

    /// Where a number differs most.
    public struct Largest: Sendable, Equatable, Encodable {
        /// `loss`, `gradient_norm` or `update_sum`.
        public var quantity: String
        public var step: Int
        /// The absolute difference; `nil` when one of the two is not finite.
        public var difference: Double?
    }

    /// State digests of the same steps.
    public struct Digests: Sendable, Equatable {
        /// For how many steps both have one.
        public var common = 0
        /// The first step whose digests differ.
        public var first: Difference?
        /// The last step before that whose digests are equal.
        public var lastEqual: Int?

        /// Two digests of the state after one step.
        public struct Difference: Sendable, Equatable, Encodable {
            public var step: Int
            public var a: String
            public var b: String
        }
    }

    /// The first step at which anything differs.
    var partingStep: Int? {
        [first?.a.step, digests.first?.step].compactMap(\.self).min()
    }

    /// Compares steps, ascending, and digests by step, ascending.
    init(
        _ a: [StepMetrics], _ b: [StepMetrics], digestsOfA: [(step: Int, digest: String)],
        digestsOfB: [(step: Int, digest: String)]
    ) {
        (lastA, lastB) = (a.last?.step, b.last?.step)
        for (a, b) in Self.paired(a, b, by: \.step) {
            common += 1
            guard a.identity != b.identity else { continue }
            differing += 1
            if first == nil { first = Pair(a: a, b: b) }
            note(a, b)
        }
        for (a, b) in Self.paired(digestsOfA, digestsOfB, by: \.step) {
            digests.common += 1
            if a.digest == b.digest {
                if digests.first == nil { digests.lastEqual = a.step }
            } else if digests.first == nil {
                digests.first = Digests.Difference(step: a.step, a: a.digest, b: b.digest)
            }
        }
    }

    /// The elements of two ascending lists that have the same key.
    private static func paired<Element>(
        _ a: [Element], _ b: [Element], by key: (Element) -> Int
    ) -> [(Element, Element)] {
        var (i, j) = (0, 0)
        var result = [(Element, Element)]()
        while i < a.count, j < b.count {
            let (x, y) = (key(a[i]), key(b[j]))
            if x == y { result.append((a[i], b[j])) }
            if x <= y { i += 1 }
            if y <= x { j += 1 }
        }
        return result
    }

    private mutating func note(_ a: StepMetrics, _ b: StepMetrics) {
        guard let x = a.exactNumbers, let y = b.exactNumbers else {
            if let x = a.loss, let y = b.loss { note("loss", a.step, x, y) }
            return
        }
        note("loss", a.step, x.loss, y.loss)
        note("gradient_norm", a.step, x.gradientNorm, y.gradientNorm)
        note("update_sum", a.step, x.updateSum, y.updateSum)
    }

    private mutating func note(_ quantity: String, _ step: Int, _ x: Double, _ y: Double) {
        guard x.bitPattern != y.bitPattern else { return }
        let gap = abs(x - y)
        let found = Largest(quantity: quantity, step: step, difference: gap.isFinite ? gap : nil)
        guard let place = largest.firstIndex(where: { $0.quantity == quantity }) else {
            largest.append(found)
            let order = ["loss", "gradient_norm", "update_sum"]
            largest.sort { order.firstIndex(of: $0.quantity) ?? 0 < order.firstIndex(of: $1.quantity) ?? 0 }
            return
        }
        // A number that is not finite differs more than any other; the first such step stays.
        guard let known = largest[place].difference else { return }
        if found.difference.map({ $0 > known }) ?? true { largest[place] = found }
    }
}

extension StepComparison: Encodable {
    private enum CodingKeys: String, CodingKey {
        case common, differing, first, largest, digests
        case lastA = "last_a"
        case lastB = "last_b"
    }
}

extension StepComparison.Pair: Encodable {
    private enum CodingKeys: String, CodingKey { case step, a, b }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(a.step, forKey: .step)
        try container.encode(a, forKey: .a)
        try container.encode(b, forKey: .b)
    }
}

extension StepComparison.Digests: Encodable {
    private enum CodingKeys: String, CodingKey {
        case common, first
        case lastEqual = "last_equal"
    }
}

extension StepMetrics: Encodable {
    private enum CodingKeys: String, CodingKey {
        case fingerprint, loss
        case gradientNorm = "gradient_norm"
        case updateSum = "update_sum"
    }

    /// Numbers that are not finite are left out: JSON has none, and the fingerprint has their bits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(fingerprint, forKey: .fingerprint)
        func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
        try container.encodeIfPresent(finite(loss), forKey: .loss)
        try container.encodeIfPresent(finite(exactNumbers?.gradientNorm), forKey: .gradientNorm)
        try container.encodeIfPresent(finite(exactNumbers?.updateSum), forKey: .updateSum)
    }
}
