extension RunEnvironment {
    /// The job of a batch system, as its variables tell it.
    public struct Job: Codable, Sendable, Equatable {
        /// The batch system: `slurm`.
        public var scheduler: String
        public var id: String
        public var name: String?
        /// The id of the array that the job is one of, and its number in it.
        public var array: String?
        public var arrayTask: String?
        public var cluster: String?
        public var partition: String?
        public var quality: String?
        /// The nodes, in the batch system's own notation: `r1i2n[3-6]`.
        public var nodes: String?
        public var nodeCount: Int?
        public var tasks: Int?
        /// How many times the job had been started before.
        public var requeues: Int?

        /// The Slurm job that a process with these variables runs in; `nil` outside of one.
        public init?(slurm variables: [String: String]) {
            guard let id = variables["SLURM_JOB_ID"] else { return nil }
            func number(_ name: String) -> Int? { variables[name].flatMap { Int($0) } }
            scheduler = "slurm"
            self.id = id
            name = variables["SLURM_JOB_NAME"]
            array = variables["SLURM_ARRAY_JOB_ID"]
            arrayTask = variables["SLURM_ARRAY_TASK_ID"]
            cluster = variables["SLURM_CLUSTER_NAME"]
            partition = variables["SLURM_JOB_PARTITION"]
            quality = variables["SLURM_JOB_QOS"]
            nodes = variables["SLURM_JOB_NODELIST"]
            nodeCount = number("SLURM_JOB_NUM_NODES")
            tasks = number("SLURM_NTASKS")
            requeues = number("SLURM_RESTART_COUNT")
        }

        private enum CodingKeys: String, CodingKey {
            case scheduler, id, name, array, cluster, partition, nodes, tasks, requeues
            case arrayTask = "array_task"
            case quality = "qos"
            case nodeCount = "node_count"
        }
    }
}
