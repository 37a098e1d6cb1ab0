extension Campaign: Encodable {
    enum CodingKeys: String, CodingKey {
        case steps, days, nodes, jobs
        case acceleratorHours = "accelerator_hours"
        case spareAcceleratorHours = "spare_accelerator_hours"
        case energy = "energy_mwh"
        case ratedPower = "assumes_rated_power"
        case carbon = "carbon_tonnes"
        case cost, currency
        case expectedFailures = "expected_failures"
        case goodput, interval
        case stepsSeconds = "steps_seconds"
        case evaluationSeconds = "evaluation_seconds"
        case checkpointSeconds = "checkpoint_seconds"
        case startSeconds = "start_seconds"
        case lostSeconds = "lost_seconds"
        case downSeconds = "down_seconds"
        case queueDays = "queue_days"
        case checkpointBytes = "checkpoint_bytes"
        case checkpointEverySteps = "checkpoint_every_steps"
        case checkpointInterval = "checkpoint_interval_seconds"
        case checkpointIntervalOptimal = "checkpoint_interval_optimal_seconds"
        case slowNodeCost = "slow_node_cost"
        case factors
    }

    /// What is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(steps, forKey: .steps)
        try container.encode(nodes, forKey: .nodes)
        for (key, value) in [
            (CodingKeys.days, days), (.acceleratorHours, acceleratorHours),
            (.spareAcceleratorHours, spareAcceleratorHours), (.energy, energyKilowattHours / 1e3), (.jobs, time.jobs),
            (.stepsSeconds, time.steps), (.evaluationSeconds, time.evaluation), (.checkpointSeconds, time.checkpoint),
            (.startSeconds, time.start), (.lostSeconds, time.lost), (.downSeconds, time.down),
            (.queueDays, time.queue / 86400), (.checkpointBytes, checkpoint.bytes),
        ] { try container.encode(value, forKey: key) }
        try container.encode(assumesRatedPower, forKey: .ratedPower)
        try container.encode(carbon, forKey: .carbon)
        try container.encode(cost?.amount, forKey: .cost)
        try container.encode(cost?.currency, forKey: .currency)
        try container.encode(expectedFailures, forKey: .expectedFailures)
        try container.encode(goodput, forKey: .goodput)
        try container.encode(interval, forKey: .interval)
        try container.encode(checkpoint.everySteps, forKey: .checkpointEverySteps)
        try container.encode(checkpoint.intervalSeconds, forKey: .checkpointInterval)
        try container.encode(checkpoint.optimalSeconds, forKey: .checkpointIntervalOptimal)
        try container.encode(slowNodeCost, forKey: .slowNodeCost)
        try container.encode(factors, forKey: .factors)
    }
}
