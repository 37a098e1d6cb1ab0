import ClusterProfiles

/// A number that turns time into energy, energy into carbon, or hours into money, with where it comes from.
public struct CampaignFactor: Sendable, Equatable, Encodable {
    /// The profile's key.
    public var id: String
    public var value: Double
    public var unit: String
    /// What it holds for; `null` where the profile does not say.
    public var scope: String?
    public var year: Int?
    public var source: String

    init(_ id: String, _ figure: Figure, _ unit: String, scope: String? = nil) {
        self.id = id
        value = figure.value
        self.unit = unit
        self.scope = figure.scope ?? scope
        year = figure.year
        source = figure.source
    }

    enum CodingKeys: String, CodingKey { case id, value, unit, scope, year, source }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encode(scope, forKey: .scope)
        try container.encode(year, forKey: .year)
        try container.encode(source, forKey: .source)
    }
}

extension ClusterProfile {
    /// Every factor of a campaign's energy, carbon and cost, in a fixed order.
    var campaignFactors: [CampaignFactor] {
        let watts: [CampaignFactor] = [
            CampaignFactor("accelerator.tdp_watts", accelerator.tdpWatts, "W", scope: accelerator.name),
            CampaignFactor("nodes.other_watts", nodes.otherWatts, "W", scope: name),
            CampaignFactor("nodes.idle_watts", nodes.idleWatts, "W", scope: name),
        ]
        let shares = power.map {
            [
                CampaignFactor("power.computing_fraction", $0.computingFraction, "", scope: accelerator.name),
                CampaignFactor("power.communicating_fraction", $0.communicatingFraction, "", scope: accelerator.name),
                CampaignFactor("power.waiting_fraction", $0.waitingFraction, "", scope: accelerator.name),
                CampaignFactor("power.idle_fraction", $0.idleFraction, "", scope: accelerator.name),
            ]
        }
        let prices = site.price.map {
            [CampaignFactor("site.price_per_accelerator_hour", $0.perAcceleratorHour, "\($0.currency)/h")]
        }
        return watts + (shares ?? []) + siteFactors + (prices ?? [])
    }

    private var siteFactors: [CampaignFactor] {
        [
            CampaignFactor("site.power_usage_effectiveness", site.powerUsageEffectiveness, ""),
            CampaignFactor(
                "site.carbon_intensity_grams_per_kilowatt_hour", site.carbonIntensityGramsPerKilowattHour, "g/kWh"),
            CampaignFactor("site.embodied_kilograms_per_server", site.embodiedKilogramsPerServer, "kg"),
            CampaignFactor("site.embodied_kilograms_per_accelerator", site.embodiedKilogramsPerAccelerator, "kg"),
            CampaignFactor("site.lifetime_years", site.lifetimeYears, "years"),
            CampaignFactor("site.utilisation", site.utilisation, ""),
        ]
    }
}
