/// Between what 80 % of the simulated runs lie: for failures and waits, and for the step's time where its uncertainty is
/// known.
public struct CampaignInterval: Sendable, Equatable {
    public var days: ClosedRange<Double>
    public var acceleratorHours: ClosedRange<Double>
    public var energyKilowattHours: ClosedRange<Double>
    public var carbonTonnes: ClosedRange<Double>
    public var cost: ClosedRange<Double>?
    public var goodput: ClosedRange<Double>

    /// From the tenth to the ninetieth percentile, linear between neighbours.
    static func range(of values: [Double]) -> ClosedRange<Double> {
        let sorted = values.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
        }
        let low = quantile(0.1)
        return low...max(low, quantile(0.9))
    }
}

extension CampaignInterval: Encodable {
    enum CodingKeys: String, CodingKey {
        case days
        case acceleratorHours = "accelerator_hours"
        case energy = "energy_mwh"
        case carbon = "carbon_tonnes"
        case cost, goodput
    }

    /// Each as a pair of low and high.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func pair(_ range: ClosedRange<Double>) -> [Double] { [range.lowerBound, range.upperBound] }
        try container.encode(pair(days), forKey: .days)
        try container.encode(pair(acceleratorHours), forKey: .acceleratorHours)
        try container.encode(pair(energyKilowattHours).map { $0 / 1e3 }, forKey: .energy)
        try container.encode(pair(carbonTonnes), forKey: .carbon)
        try container.encode(cost.map(pair), forKey: .cost)
        try container.encode(pair(goodput), forKey: .goodput)
    }
}
