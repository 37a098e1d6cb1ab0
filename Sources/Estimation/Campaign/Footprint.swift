/// The carbon of a run in tonnes of CO₂ equivalent, with the method of Luccioni et al. (2023) for BLOOM.
///
/// Dynamic and idle carbon are energy times the grid's intensity; embodied carbon is what it took to make the hardware,
/// in proportion to the hours used of those that it works in its life.
public struct Footprint: Sendable, Equatable {
    /// From the energy that the work itself takes.
    public var dynamic: Double
    /// From the energy that the reserved nodes draw whether they work or not.
    public var idle: Double
    /// From the making of servers and accelerators.
    public var embodied: Double

    public var total: Double { dynamic + idle + embodied }

    /// What the hardware emitted before its first hour.
    public struct Making: Sendable, Equatable {
        /// Of a node without its accelerators.
        public var kilogramsPerServer: Double
        public var kilogramsPerAccelerator: Double
        public var lifetimeYears: Double
        /// Share of its life that the hardware works.
        public var utilisation: Double

        public init(
            kilogramsPerServer: Double, kilogramsPerAccelerator: Double, lifetimeYears: Double, utilisation: Double
        ) {
            self.kilogramsPerServer = kilogramsPerServer
            self.kilogramsPerAccelerator = kilogramsPerAccelerator
            self.lifetimeYears = lifetimeYears
            self.utilisation = utilisation
        }

        /// In years of 365 days.
        var workingHours: Double { lifetimeYears * 365 * 24 * utilisation }
    }

    public init(
        dynamicKilowattHours: Double, idleKilowattHours: Double, gramsPerKilowattHour: Double,
        serverHours: Double, acceleratorHours: Double, making: Making
    ) {
        dynamic = dynamicKilowattHours * gramsPerKilowattHour / 1e6
        idle = idleKilowattHours * gramsPerKilowattHour / 1e6
        let servers = making.kilogramsPerServer * serverHours
        let accelerators = making.kilogramsPerAccelerator * acceleratorHours
        embodied = (servers + accelerators) / making.workingHours / 1e3
    }
}

extension Footprint: Encodable {
    enum CodingKeys: String, CodingKey { case dynamic, idle, embodied, total }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(dynamic, forKey: .dynamic)
        try container.encode(idle, forKey: .idle)
        try container.encode(embodied, forKey: .embodied)
        try container.encode(total, forKey: .total)
    }
}
