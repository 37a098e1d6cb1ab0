import Diagnostics
import Pictures

extension Estimate {
    /// The whole run's energy and carbon by what they are due to, as a self-contained SVG picture; the same bytes for the same
    /// estimate.
    ///
    /// Throws `picture.empty` where the run takes no energy and emits nothing.
    public func footprintPicture() throws(Diagnostic) -> String {
        let energy = SplitPicture.Quantity(
            name: "energy", unit: "MWh",
            parts: [
                .init(.dynamic, campaign.dynamicKilowattHours / 1e3), .init(.idle, campaign.idleKilowattHours / 1e3),
            ],
            interval: campaign.interval.map { Self.scaled($0.energyKilowattHours, 1e-3) })
        let carbon = SplitPicture.Quantity(
            name: "carbon", unit: "t CO₂e",
            parts: [
                .init(.dynamic, campaign.carbon.dynamic), .init(.idle, campaign.carbon.idle),
                .init(.embodied, campaign.carbon.embodied),
            ], interval: campaign.interval?.carbonTonnes)
        let title =
            "\(recipe.name) on \(profile.name): \(Lines.number(Double(campaign.steps))) steps, "
            + Lines.duration(campaign.seconds)
        return try SplitPicture([energy, carbon], title: title, caption: footprintCaption, figure: Lines.significant)
            .svg
    }

    private var footprintCaption: [String] {
        let site = profile.site
        let held = "\(Lines.significant(campaign.acceleratorHours)) accelerator-hours"
        let rated = campaign.assumesRatedPower ? " at rated power" : ""
        let intensity = "\(Lines.plain(site.carbonIntensityGramsPerKilowattHour.value)) g CO₂e/kWh"
        let lines = [
            "\(held)\(rated); power usage effectiveness \(Lines.plain(site.powerUsageEffectiveness.value)), \(intensity).",
            "Idle: what held nodes draw in any case. Embodied: the making of servers and accelerators, by the hours of their life.",
        ]
        let spans = "The line above a bar spans what 80 % of the simulated runs take."
        return campaign.interval == nil ? lines : lines + [spans]
    }

    private static func scaled(_ range: ClosedRange<Double>, _ factor: Double) -> ClosedRange<Double> {
        range.lowerBound * factor...range.upperBound * factor
    }
}
