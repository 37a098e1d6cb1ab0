import ClusterProfiles
import Simulation

/// What one optimiser step takes: the energy of the nodes that hold its ranks, and the carbon of that energy.
public struct StepEnergy: Sendable, Equatable {
    /// Of the whole site, what nodes draw idle included.
    public var joules: Double
    /// In grams of CO₂ equivalent; the making of the hardware is not counted.
    public var carbonGrams: Double

    /// The energy of a step on virtual time, its ranks being an accelerator each.
    public init(_ step: StepTiming, accelerators: Int, on profile: ClusterProfile) {
        let use = TimeUse(step)
        let model = EnergyModel(profile, accelerators: accelerators, spareNodes: 0, step: use, evaluation: use)
        joules = step.seconds * model.stepWatts * model.powerUsageEffectiveness
        carbonGrams = joules / 3.6e6 * profile.site.carbonIntensityGramsPerKilowattHour.value
    }

    /// How such figures come about, for people.
    public static func basis(_ profile: ClusterProfile) -> String {
        let power = profile.power == nil ? "the accelerators' rated power" : "the power of what accelerators do"
        return "estimated from the profile \(profile.name): virtual time of the steps × \(power) and of their nodes × "
            + "the site's power usage effectiveness; steps alone, the making of the hardware not counted"
    }
}
