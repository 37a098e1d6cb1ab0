import ClusterProfiles
import Diagnostics
import Recipes

/// A run's jobs, checked against the recipe's layout and the cluster profile: every figure that the script states.
public struct JobPlan: Sendable, Equatable {
    public let request: JobRequest
    /// One line about what is trained and where.
    public let summary: String
    /// How the run is spread over the tasks.
    public let layout: Layout
    public let tasksPerNode: Int
    public let coresPerTask: Int
    /// `nil` where nodes have no accelerators but their processors.
    public let acceleratorsPerNode: Int?
    /// The time limit of each job.
    public let seconds: Int
    public let partition: String
    public let account: String?
    public let qos: String?
    public let constraint: String?
    public let modules: [String]
    public let mpi: String

    /// Processes, one for each rank.
    public var tasks: Int { request.nodes * tasksPerNode }
    /// The nodes of a job, the spare ones included.
    public var allNodes: Int { request.nodes + request.spareNodes }

    /// How long before the time limit Slurm warns, in seconds: a tenth of it, ten minutes at most, as BLOOM's jobs left.
    ///
    /// Slurm may warn a minute early.
    public var warningSeconds: Int { min(600, max(10, seconds / 10)) }

    /// Slurm's usual largest array, and so the most jobs of one launch.
    public static let jobsMost = 1000

    /// Throws `launch.*` for what neither the profile's partition nor Slurm's notation can hold.
    public init(_ recipe: Recipe, on profile: ClusterProfile, _ request: JobRequest) throws(Diagnostic) {
        guard let slurm = profile.slurm else {
            throw Diagnostic(
                "launch.no-slurm", "the profile \(profile.name) says nothing of Slurm",
                at: .init(key: "slurm"),
                expected: "a section with partition, cores_per_accelerator and time_limit_hours",
                remedy: "add it to a copy of the profile, or name another with --cluster")
        }
        self.request = request
        layout = recipe.layout
        tasksPerNode = try Self.tasksPerNode(recipe.layout, on: profile, request)
        coresPerTask = slurm.coresPerAccelerator
        try Self.requireCores(tasksPerNode, coresPerTask, profile)
        let perNode = profile.accelerator.kernels == nil ? nil : profile.nodes.acceleratorsPerNode
        acceleratorsPerNode = perNode
        try Self.requireQuality((request.nodes + request.spareNodes) * (perNode ?? 0), request, slurm)
        seconds = try Self.seconds(request, slurm)
        partition = request.partition ?? slurm.partition
        qos = request.qos ?? slurm.qos
        constraint = request.constraint ?? (request.partition == nil ? slurm.constraint : nil)
        account = request.account.map { $0.contains("@") ? $0 : $0 + (slurm.accountSuffix ?? "") }
        modules = slurm.modules?.split(separator: " ").map(String.init) ?? []
        mpi = request.mpi ?? slurm.mpi ?? "pmix"
        summary =
            "\(recipe.name), \(recipe.parameterCount) parameters, \(recipe.layout), on \(request.nodes) \(request.nodes == 1 ? "node" : "nodes") of "
            + profile.name
        try checkWords()
    }

    private static func tasksPerNode(
        _ layout: Layout, on profile: ClusterProfile, _ request: JobRequest
    ) throws(Diagnostic) -> Int {
        let (all, isTooLarge) = request.nodes.addingReportingOverflow(request.spareNodes)
        guard request.nodes >= 1, request.spareNodes >= 0, !isTooLarge, all <= profile.nodes.count else {
            throw Diagnostic(
                "launch.nodes", "\(profile.name) has not so many nodes", at: .init(key: "--nodes"),
                expected: "1 to \(profile.nodes.count), the spare ones included",
                found: "\(request.nodes)" + (request.spareNodes == 0 ? "" : " and \(request.spareNodes) spare ones"))
        }
        guard (1...jobsMost).contains(request.jobs) else {
            throw Diagnostic(
                "launch.jobs", "so many jobs cannot follow each other", at: .init(key: "--jobs"),
                expected: "1 to \(jobsMost)", found: "\(request.jobs)")
        }
        let perNode = profile.nodes.acceleratorsPerNode
        guard layout.ranks % request.nodes == 0, layout.ranks / request.nodes <= perNode else {
            let possible = fewestNodes(for: layout, of: profile)
            throw Diagnostic(
                "launch.layout",
                "tensor \(layout.tensor) × pipeline \(layout.pipeline) × data \(layout.data) is \(layout.ranks) ranks, which "
                    + "do not spread evenly over \(request.nodes) nodes of \(perNode)", at: .init(key: "--nodes"),
                expected: "as many ranks on each node, at most \(perNode)", found: "\(layout.ranks) ranks",
                remedy: possible.map { "pass --nodes \($0)" } ?? "choose other degrees")
        }
        return layout.ranks / request.nodes
    }

    /// The fewest nodes over which a layout's ranks spread evenly.
    public static func fewestNodes(for layout: Layout, of profile: ClusterProfile) -> Int? {
        let perNode = profile.nodes.acceleratorsPerNode
        let fewest = (layout.ranks + perNode - 1) / perNode
        guard fewest <= profile.nodes.count else { return nil }
        return (fewest...profile.nodes.count).first { layout.ranks % $0 == 0 }
    }

    /// A quality of service may hold fewer accelerators than its partition has.
    private static func requireQuality(
        _ accelerators: Int, _ request: JobRequest, _ slurm: ClusterProfile.Slurm
    ) throws(Diagnostic) {
        guard let most = slurm.acceleratorsMost.map({ Int($0.value) }), isOwn(request, slurm), accelerators > most
        else {
            return
        }
        throw Diagnostic(
            "launch.quality", "a job under \(slurm.qos ?? slurm.partition) cannot have so many accelerators",
            at: .init(key: "--qos"), expected: "at most \(most)", found: "\(accelerators)",
            remedy: "name another quality of service with --qos and its time with --time, or fewer nodes")
    }

    /// Whether the job goes where the profile's limits hold.
    private static func isOwn(_ request: JobRequest, _ slurm: ClusterProfile.Slurm) -> Bool {
        request.partition ?? slurm.partition == slurm.partition && request.qos ?? slurm.qos == slurm.qos
    }

    private static func requireCores(_ tasks: Int, _ cores: Int, _ profile: ClusterProfile) throws(Diagnostic) {
        guard tasks * cores <= profile.nodes.coresPerNode else {
            throw Diagnostic(
                "launch.cores", "a node of \(profile.name) has not so many cores",
                at: .init(key: "slurm.cores_per_accelerator"),
                expected: "at most \(profile.nodes.coresPerNode / tasks)",
                found: "\(cores)")
        }
    }

    /// The profile's limit is that of its partition and quality of service: where others are named, so must be the time.
    private static func seconds(_ request: JobRequest, _ slurm: ClusterProfile.Slurm) throws(Diagnostic) -> Int {
        let hours = slurm.timeLimitHours.value
        guard (1.0 / 60...87_840).contains(hours) else {
            throw Diagnostic(
                "launch.time", "no job has such a time limit", at: .init(key: "slurm.time_limit_hours"),
                expected: "from a minute to ten years", found: "\(hours) h", remedy: "correct the profile")
        }
        let most = Int(hours * 3600)
        let isOwn = isOwn(request, slurm)
        guard let seconds = request.seconds else {
            if isOwn { return most }
            throw Diagnostic(
                "launch.time", "another partition or quality of service has another time limit",
                at: .init(key: "--time"), remedy: "name it with --time")
        }
        guard seconds >= 60, !isOwn || seconds <= most else {
            throw Diagnostic(
                "launch.time", "the partition's jobs cannot last so long", at: .init(key: "--time"),
                expected: isOwn ? "1 minute to \(ClockText(most))" : "at least 1 minute", found: "\(ClockText(seconds))"
            )
        }
        return seconds
    }
}
