import CMPI
import Diagnostics
import Foundation

/// This operating-system process among those that run the same command, before there is a recipe or a fabric.
///
/// A plain start knows no MPI and costs nothing; a start by mpirun or srun initialises it. Use it from the main thread only, and
/// call ``finish()`` before the process exits normally, on errors that every process finds too.
public final class HostProcess {
    private let world: MPIWorld?

    private init(world: MPIWorld?) { self.world = world }

    /// The number of processes.
    public var hosts: Int { world?.size ?? 1 }
    /// This process's number, 0..<hosts; process 0 is the lead, which prints.
    public var host: Int { world?.rank ?? 0 }
    /// The MPI library that this executable is linked with, such as `Open MPI v4.1.4`.
    public static var library: String { MPIWorld.library }

    /// Whether a launcher has started this process together with others.
    public static func isLaunched(_ environment: [String: String]) -> Bool { LaunchEnvironment(environment).needsMPI }

    /// Joins the processes that were started together with this one, if there are any.
    ///
    /// Throws when several were announced but MPI knows only this one: they were started by another MPI family's launcher, and
    /// each would do the whole run alone.
    public static func start(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Diagnostic) -> HostProcess {
        let launch = LaunchEnvironment(environment)
        guard launch.needsMPI else { return HostProcess(world: nil) }
        LauncherLeftovers.sweepOnce(environment)
        let world = try MPIWorld.start()
        guard world.size == 1 else { return HostProcess(world: world) }
        world.finish()
        if let size = launch.size, size > 1 { throw foreign(size, launch.evidence ?? "") }
        return HostProcess(world: nil)
    }

    /// From now on watches the run's other processes on this machine, and the launcher; all must call it at the same point.
    ///
    /// When one of them is killed, the lowest-numbered process that is left calls `say`, once and from another thread, with what
    /// has gone and ``setRemedy(_:)``'s advice, and ends soon even if the launcher does not end it.
    public func lookOut(_ say: @escaping @Sendable (Diagnostic) -> Void) throws(Diagnostic) {
        guard let world, world.lookout == nil else { return }
        let flag = serre_flag_make()
        let own = Announcement.own(flag: flag)
        let all = try world.gather(own.bytes).map(Announcement.init)
        world.peers = all.enumerated().compactMap { host, other in
            guard host != world.rank, let other else { return nil }
            return PeerProcess(host: host, other)
        }
        // All have opened each other's descriptors before any of them may end.
        try world.barrier()
        let lookout = Lookout(host: world.rank, peers: world.peers, flag: flag, say: say)
        world.lookout = lookout
        lookout.start()
    }

    /// What the user can do when the run is ended from outside, such as the command that goes on with it.
    public func setRemedy(_ remedy: String) { world?.lookout?.setRemedy(remedy) }

    /// Whether ``lookOut(_:)`` has found that a process is missing; may be asked on any thread.
    public var hasFoundALoss: @Sendable () -> Bool {
        { [lookout = world?.lookout] in lookout?.hasFoundALoss ?? false }
    }

    /// Makes the fabric of a layout of `ranks` ranks, spread evenly or as `counts` says (ranks on each process, in order).
    ///
    /// `patience` bounds how long ``Fabric/idle()`` waits for the other processes. Throws when the counts do not fit or there are more
    /// processes than ranks.
    public func fabric(
        ranks: Int, counts: [Int]? = nil, patience: Duration = .seconds(3600)
    ) throws(Diagnostic) -> any Fabric {
        let placement =
            if let counts {
                try Placement(ranks: ranks, hosts: hosts, counts: counts)
            } else {
                try Placement(ranks: ranks, hosts: hosts)
            }
        guard let world else { return try LocalFabric(ranks: ranks) }
        return MPIFabric(world: world, placement: placement, patience: patience)
    }

    /// Every process's bytes, in host order, on every process; all must call it at the same point.
    ///
    /// For agreeing before there is a fabric of ranks, such as on whether all could read their arguments.
    public func gather(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] {
        try world?.gather(bytes) ?? [bytes]
    }

    /// Ends MPI together with the other processes; a second call does nothing.
    public func finish() { world?.finish() }

    /// Ends all processes at once, when this one has failed and the others cannot know.
    public func abort(status: Int32) -> Never {
        if let world { world.abort(status: status) }
        exit(status)
    }

    private static func foreign(_ size: Int, _ evidence: String) -> Diagnostic {
        let library = MPIWorld.library
        return Diagnostic(
            "fabric.foreign-mpi",
            "\(size) separate copies of a one-process run were about to start: the launcher set \(evidence), but the MPI "
                + "library of this program (\(library)) sees one process",
            remedy: "start it with the mpirun of \(library) (under Slurm: that mpirun, or srun with --mpi=pmix), "
                + "or start a single process")
    }
}
