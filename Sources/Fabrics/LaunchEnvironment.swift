import Foundation

/// What the environment says about the processes that were started together with this one.
struct LaunchEnvironment: Equatable {
    /// How many processes were announced; `nil` when a launcher was seen that does not say.
    var size: Int?
    /// The variable that said so, as `NAME=value`; `nil` for a plain start.
    var evidence: String?

    /// Whether MPI must be initialised to know the other processes.
    var needsMPI: Bool { evidence != nil && size != 1 }

    /// Variables that give the number of processes, the launcher closest to the process first: mpirun inside a Slurm step
    /// leaves Slurm's variables in place.
    private static let sizes = [
        "OMPI_COMM_WORLD_SIZE",  // Open MPI
        "MV2_COMM_WORLD_SIZE",  // MVAPICH
        "PMI_SIZE",  // MPICH, Intel MPI, srun --mpi=pmi2
        "MPI_LOCALNRANKS",  // MPICH, this node only
        "SLURM_STEP_NUM_TASKS",  // srun
    ]
    /// Variables that only a launcher sets, without the number.
    private static let signs = ["PMIX_RANK", "PMI_RANK"]

    /// Whether a process is Open MPI's launcher or its daemon on a host, by the name that Linux knows.
    static func isLauncher(process: Int32) -> Bool {
        let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? ""
        return ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted", "prte"].contains(
            name.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    init(_ environment: [String: String]) {
        for name in Self.sizes {
            guard let value = environment[name] else { continue }
            evidence = "\(name)=\(value)"
            size = Int(value)
            return
        }
        for name in Self.signs {
            guard let value = environment[name] else { continue }
            evidence = "\(name)=\(value)"
            return
        }
    }
}
