/// What a user asks of a launch, beside the recipe and the cluster profile.
///
/// Paths are absolute. What is `nil` is the profile's.
public struct JobRequest: Sendable, Equatable {
    /// How the jobs of one run follow each other.
    public enum Chain: String, Sendable, CaseIterable {
        /// One array, `1-K%1`: one element at a time.
        case array
        /// Jobs of one name, each with the dependency `singleton`.
        case singleton
    }

    /// The jobs' name; made of letters, digits, `-`, `_` and `.`.
    public var name: String
    /// The folder that the jobs share.
    public var folder: String
    /// Where the jobs run: the repository that keeps the record is looked for from here.
    public var workFolder: String
    /// The `serre` that the jobs run.
    public var program: String
    /// The words after `serre train` that start the run.
    public var start: [String]
    /// The words that follow these, and those of a resumed run too; the layout is added.
    public var options: [String] = []
    public var nodes: Int
    /// Nodes beyond these that take the place of lost ones within a job.
    public var spareNodes = 0
    /// How many time limits the run may take.
    public var jobs = 1
    public var chain = Chain.array
    public var account: String?
    public var partition: String?
    public var qos: String?
    public var constraint: String?
    /// The time limit of one job.
    public var seconds: Int?
    /// Nodes that no job may get, in Slurm's notation.
    public var exclude: String?
    /// How srun starts MPI programs.
    public var mpi: String?

    public init(name: String, folder: String, workFolder: String, program: String, start: [String], nodes: Int) {
        (self.name, self.folder, self.workFolder) = (name, folder, workFolder)
        (self.program, self.start, self.nodes) = (program, start, nodes)
    }
}
