import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// Reads a profile from a document; every refusal names file, line and key, a figure without source included.
    public init(reading document: YAMLDocument) throws(Diagnostic) {
        let reader = try document.value.section(Key.self)
        let slurm = try reader.optional(.slurm)?.section(Slurm.Key.self)
        self.init(
            name: try reader.required(.name).text(),
            description: try reader.required(.description).text(),
            site: try Site(reading: reader.section(.site, Site.Key.self)),
            nodes: try Nodes(reading: reader.section(.nodes, Nodes.Key.self)),
            accelerator: try Accelerator(reading: reader.section(.accelerator, Accelerator.Key.self)),
            intraNode: try IntraNodeLink(reading: reader.section(.intraNode, IntraNodeLink.Key.self)),
            interNode: try InterNodeNetwork(reading: reader.section(.interNode, InterNodeNetwork.Key.self)),
            storage: try Storage(reading: reader.section(.storage, Storage.Key.self)),
            collectives: try reader.optional(.collectives).map { (value) throws(Diagnostic) in
                try Collectives(reading: value.section(Collectives.Key.self))
            },
            engines: try reader.optional(.engines).map { (value) throws(Diagnostic) in
                try Engines(reading: value.section(Engines.Key.self))
            },
            slurm: try slurm.map { (reader) throws(Diagnostic) in try Slurm(reading: reader) },
            uncertainty: try reader.optional(.uncertainty).map { (value) throws(Diagnostic) in
                try Uncertainty(reading: value.section(Uncertainty.Key.self))
            })
        reliability = try Reliability(reading: reader.optional(.reliability))
        power = try Power(reading: reader.optional(.power))
    }

    enum Key: String, CaseIterable {
        case name, description, site, nodes, accelerator, reliability, power
        case intraNode = "intra_node"
        case interNode = "inter_node"
        case storage, collectives, engines, slurm, uncertainty
    }
}

extension ClusterProfile.Site {
    enum Key: String, CaseIterable {
        case powerUsageEffectiveness = "power_usage_effectiveness"
        case carbonIntensity = "carbon_intensity_grams_per_kilowatt_hour"
        case embodiedPerServer = "embodied_kilograms_per_server"
        case embodiedPerAccelerator = "embodied_kilograms_per_accelerator"
        case lifetime = "lifetime_years"
        case utilisation
        case price = "price_per_accelerator_hour"
        case currency
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        var price: Price?
        if let value = reader.optional(.price) {
            price = Price(
                perAcceleratorHour: try value.figure(.nonNegative), currency: try reader.required(.currency).text())
        }
        self.init(
            powerUsageEffectiveness: try reader.required(.powerUsageEffectiveness).figure(.between(1, 10)),
            carbonIntensityGramsPerKilowattHour: try reader.required(.carbonIntensity).figure(.nonNegative),
            embodiedKilogramsPerServer: try reader.required(.embodiedPerServer).figure(.nonNegative),
            embodiedKilogramsPerAccelerator: try reader.required(.embodiedPerAccelerator).figure(.nonNegative),
            lifetimeYears: try reader.required(.lifetime).figure(.positive),
            utilisation: try reader.required(.utilisation).figure(.share), price: price)
    }
}

extension ClusterProfile.Nodes {
    enum Key: String, CaseIterable {
        case count
        case acceleratorsPerNode = "accelerators_per_node"
        case coresPerNode = "cores_per_node"
        case memory = "memory_gib"
        case idle = "idle_watts"
        case other = "other_watts"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            countFigure: try reader.required(.count).wholeFigure(in: 1...1_000_000),
            acceleratorsPerNodeFigure: try reader.required(.acceleratorsPerNode).wholeFigure(in: 1...1024),
            coresPerNodeFigure: try reader.required(.coresPerNode).wholeFigure(in: 1...65536),
            memoryGiB: try reader.required(.memory).figure(.positive),
            idleWatts: try reader.required(.idle).figure(.nonNegative),
            otherWatts: try reader.required(.other).figure(.nonNegative))
    }
}

extension ClusterProfile.Accelerator {
    enum Key: String, CaseIterable {
        case name
        case memory = "memory_gib"
        case peaks = "peak_teraflops_per_second"
        case matmulFraction = "matmul_fraction"
        case memoryBandwidth = "memory_bandwidth_gigabytes_per_second"
        case memoryFraction = "memory_fraction"
        case kernelLaunch = "kernel_launch_microseconds"
        case tdp = "tdp_watts"
        case frameworkContext = "framework_context_gib"
        case kernels, rates
    }
    enum PeakKey: String, CaseIterable { case float32, float16, bfloat16, tf32, float8 }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        let peaks = try reader.section(.peaks, PeakKey.self)
        self.init(
            name: try reader.required(.name).text(),
            memoryGiB: try reader.required(.memory).figure(.positive),
            peakTeraflopsPerSecond: Peaks(
                float32: try peaks.required(.float32).figure(.positive),
                float16: try peaks.optional(.float16)?.figure(.positive),
                bfloat16: try peaks.optional(.bfloat16)?.figure(.positive),
                tf32: try peaks.optional(.tf32)?.figure(.positive),
                float8: try peaks.optional(.float8)?.figure(.positive)),
            matmulFraction: try reader.required(.matmulFraction).figure(.share),
            memoryBandwidthGigabytesPerSecond: try reader.required(.memoryBandwidth).figure(.positive),
            memoryFraction: try reader.required(.memoryFraction).figure(.share),
            kernelLaunchMicroseconds: try reader.required(.kernelLaunch).figure(.nonNegative),
            tdpWatts: try reader.required(.tdp).figure(.positive),
            frameworkContextGiB: try reader.required(.frameworkContext).figure(.nonNegative),
            kernels: try reader.optional(.kernels).map { (value) throws(Diagnostic) in
                try ClusterProfile.Kernels(reading: value.section(ClusterProfile.Kernels.Key.self))
            },
            rates: try reader.optional(.rates).map { (value) throws(Diagnostic) in
                try ClusterProfile.Rates(reading: value.section(ClusterProfile.Rates.Kind.self))
            })
    }
}

extension ClusterProfile.IntraNodeLink {
    enum Key: String, CaseIterable {
        case kind
        case bandwidth = "bandwidth_gigabytes_per_second"
        case pairBandwidth = "pair_bandwidth_gigabytes_per_second"
        case latency = "latency_microseconds"
        case achievedFraction = "achieved_fraction"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            kind: try reader.required(.kind).text(),
            bandwidthGigabytesPerSecond: try reader.required(.bandwidth).figure(.positive),
            pairBandwidthGigabytesPerSecond: try reader.optional(.pairBandwidth)?.figure(.positive),
            latencyMicroseconds: try reader.required(.latency).figure(.nonNegative),
            achievedFraction: try reader.required(.achievedFraction).figure(.share))
    }
}

extension ClusterProfile.InterNodeNetwork {
    enum Key: String, CaseIterable {
        case kind, topology
        case linksPerNode = "links_per_node"
        case bandwidth = "bandwidth_gigabytes_per_second"
        case latency = "latency_microseconds"
        case achievedFraction = "achieved_fraction"
        case pointToPointFraction = "point_to_point_fraction"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            kind: try reader.required(.kind).text(),
            topology: try reader.required(.topology).choice(),
            linksPerNodeFigure: try reader.required(.linksPerNode).wholeFigure(in: 1...1024),
            bandwidthGigabytesPerSecond: try reader.required(.bandwidth).figure(.positive),
            latencyMicroseconds: try reader.required(.latency).figure(.nonNegative),
            achievedFraction: try reader.required(.achievedFraction).figure(.share),
            pointToPointFraction: try reader.optional(.pointToPointFraction)?.figure(.share))
    }
}

extension ClusterProfile.Storage {
    enum Key: String, CaseIterable {
        case write = "write_gigabytes_per_second"
        case read = "read_gigabytes_per_second"
        case latency = "latency_milliseconds"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            writeGigabytesPerSecond: try reader.required(.write).figure(.positive),
            readGigabytesPerSecond: try reader.required(.read).figure(.positive),
            latencyMilliseconds: try reader.required(.latency).figure(.nonNegative))
    }
}

extension ClusterProfile.Slurm {
    enum Key: String, CaseIterable {
        case partition, constraint, qos, modules, mpi
        case accountSuffix = "account_suffix"
        case coresPerAccelerator = "cores_per_accelerator"
        case timeLimit = "time_limit_hours"
        case acceleratorsMost = "accelerators_per_job"
        case queueWait = "queue_wait_hours"
    }

    fileprivate init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        self.init(
            partition: try reader.required(.partition).text(),
            constraint: try reader.optional(.constraint)?.text(),
            qos: try reader.optional(.qos)?.text(),
            accountSuffix: try reader.optional(.accountSuffix)?.text(),
            modules: try reader.optional(.modules)?.text(),
            mpi: try reader.optional(.mpi)?.text(),
            coresPerAcceleratorFigure: try reader.required(.coresPerAccelerator).wholeFigure(in: 1...65536),
            timeLimitHours: try reader.required(.timeLimit).figure(.positive),
            acceleratorsMost: try reader.optional(.acceleratorsMost)?.wholeFigure(in: 1...1_048_576),
            queueWaitHours: try reader.optional(.queueWait)?.figure(.nonNegative))
    }
}
