import ClusterProfiles
import Recipes

/// A whole run on a cluster: its time, energy, carbon and money.
///
/// The time is that of the optimiser steps, each at its batch of the ramp-up; checkpoints, evaluation and queues are
/// not in it. At work a node draws its accelerators' rated power and `other_watts`; `idle_watts` of that it would
/// draw anyway (idle energy), the rest is dynamic. Both count for the whole site (power usage effectiveness). Rated
/// power is a ceiling, not a measurement.
public struct Campaign: Sendable, Equatable {
    public var steps: Int
    public var seconds: Double
    public var accelerators: Int
    /// Whole nodes that are reserved.
    public var nodes: Int
    public var dynamicKilowattHours: Double
    public var idleKilowattHours: Double
    public var carbon: Footprint
    /// `nil` if the profile has no price.
    public var cost: Cost?

    public struct Cost: Sendable, Equatable {
        public var amount: Double
        /// Three letters, ISO 4217.
        public var currency: String
    }

    /// Failures to expect: `nil`, since no cluster profile states a failure rate.
    public var expectedFailures: Double? { nil }
    /// Share of the time that is not lost to failures: `nil` for the same reason.
    public var goodput: Double? { nil }

    public var days: Double { seconds / 86400 }
    public var acceleratorHours: Double { Double(accelerators) * seconds / 3600 }
    public var energyKilowattHours: Double { dynamicKilowattHours + idleKilowattHours }

    /// `steps` steps that take `seconds` on `accelerators` of the cluster.
    public init(steps: Int, seconds: Double, accelerators: Int, on profile: ClusterProfile) {
        self.steps = steps
        self.seconds = seconds
        self.accelerators = accelerators
        let perNode = profile.nodes.acceleratorsPerNode
        nodes = (accelerators + perNode - 1) / perNode
        let site = profile.site
        let hours = seconds / 3600
        let idleKilowatts = Double(nodes) * profile.nodes.idleWatts.value / 1e3
        let workKilowatts =
            (Double(accelerators) * profile.accelerator.tdpWatts.value
                + Double(nodes) * profile.nodes.otherWatts.value) / 1e3
        let effectiveness = site.powerUsageEffectiveness.value
        idleKilowattHours = idleKilowatts * hours * effectiveness
        dynamicKilowattHours = max(0, workKilowatts - idleKilowatts) * hours * effectiveness
        carbon = Footprint(
            dynamicKilowattHours: dynamicKilowattHours, idleKilowattHours: idleKilowattHours,
            gramsPerKilowattHour: site.carbonIntensityGramsPerKilowattHour.value,
            serverHours: Double(nodes) * hours, acceleratorHours: Double(accelerators) * hours,
            making: Footprint.Making(
                kilogramsPerServer: site.embodiedKilogramsPerServer.value,
                kilogramsPerAccelerator: site.embodiedKilogramsPerAccelerator.value,
                lifetimeYears: site.lifetimeYears.value, utilisation: site.utilisation.value))
        cost = site.price.map {
            Cost(amount: $0.perAcceleratorHour.value * Double(accelerators) * hours, currency: $0.currency)
        }
    }
}

extension Campaign: Encodable {
    enum CodingKeys: String, CodingKey {
        case days
        case acceleratorHours = "accelerator_hours"
        case energy = "energy_mwh"
        case carbon = "carbon_tonnes"
        case cost, currency
        case expectedFailures = "expected_failures"
        case goodput
    }

    /// What is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(days, forKey: .days)
        try container.encode(acceleratorHours, forKey: .acceleratorHours)
        try container.encode(energyKilowattHours / 1e3, forKey: .energy)
        try container.encode(carbon, forKey: .carbon)
        try container.encode(cost?.amount, forKey: .cost)
        try container.encode(cost?.currency, forKey: .currency)
        try container.encode(expectedFailures, forKey: .expectedFailures)
        try container.encode(goodput, forKey: .goodput)
    }
}
