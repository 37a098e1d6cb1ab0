import Diagnostics
import Foundation
import Storage

/// Slurm as its own programs tell of it: sinfo, sbatch, squeue, scontrol and sacct.
public struct Slurm: Sendable {
    /// A partition of nodes that are alike enough to be listed on one line, or such a part of it.
    public struct Partition: Sendable, Equatable {
        public var name: String
        public var nodes: Int
        /// Of the smallest node.
        public var cores: Int
    }

    private let sinfo: SystemProgram
    private let sbatch: SystemProgram

    /// Throws `launch.no-sbatch` on a machine that cannot submit jobs.
    public init() throws(Diagnostic) {
        guard let sbatch = SystemProgram(named: "sbatch"), let sinfo = SystemProgram(named: "sinfo") else {
            throw Diagnostic(
                "launch.no-sbatch",
                "there is no sbatch on this machine's search path, so nothing can be submitted from here",
                remedy: "leave --submit out and submit the script where Slurm is; on Debian, slurm-client brings sbatch"
            )
        }
        (self.sbatch, self.sinfo) = (sbatch, sinfo)
    }

    /// The partitions, in Slurm's order.
    public func partitions() throws(Diagnostic) -> [Partition] {
        let outcome = try sinfo.run(["-h", "-o", "%R|%D|%c"])
        guard outcome.status == 0 else { throw Self.silence("sinfo", outcome) }
        var partitions: [Partition] = []
        for line in outcome.output.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            // "2+": so many at least.
            guard fields.count == 3, let nodes = Int(fields[1]), let cores = Int(fields[2].prefix { $0.isNumber })
            else {
                continue
            }
            if let place = partitions.firstIndex(where: { $0.name == fields[0] }) {
                partitions[place].nodes += nodes
                partitions[place].cores = min(partitions[place].cores, cores)
            } else {
                partitions.append(Partition(name: String(fields[0]), nodes: nodes, cores: cores))
            }
        }
        return partitions
    }

    /// Throws `launch.partition` when this Slurm has no such partition, or one that cannot hold the jobs.
    public func requireRoom(for plan: JobPlan) throws(Diagnostic) {
        let partitions = try partitions()
        let names = partitions.map(\.name)
        for name in plan.partition.split(separator: ",").map(String.init) {
            guard let partition = partitions.first(where: { $0.name == name }) else {
                throw Diagnostic(
                    "launch.partition", "this Slurm has no such partition", at: .init(key: "slurm.partition"),
                    expected: names.isEmpty ? nil : "one of \(names.joined(separator: ", "))", found: name,
                    remedy: nearestWord(to: name, among: names).map { "did you mean --partition \($0)?" }
                        ?? "name one with --partition, or the profile of this cluster with --cluster")
            }
            guard partition.nodes >= plan.allNodes else {
                throw Diagnostic(
                    "launch.partition", "the partition \(name) has not so many nodes", at: .init(key: "--nodes"),
                    expected: "at most \(partition.nodes), the spare ones included", found: "\(plan.allNodes)")
            }
            let cores = plan.tasksPerNode * plan.coresPerTask
            guard partition.cores >= cores else {
                throw Diagnostic(
                    "launch.partition", "nodes of the partition \(name) have not so many cores",
                    at: .init(key: "slurm.cores_per_accelerator"), expected: "at most \(partition.cores) on a node",
                    found: "\(cores)")
            }
        }
    }

    /// Submits the script once, or once for each job of a chain; gives the ids.
    ///
    /// `exclude` adds nodes that are to be avoided to those that the script names itself.
    public func submit(_ path: String, _ plan: JobPlan, exclude: [String]) throws(Diagnostic) -> [String] {
        let times = plan.request.chain == .singleton ? plan.request.jobs : 1
        let all = (plan.request.exclude.map { [$0] } ?? []) + exclude
        let options = ["--parsable"] + (exclude.isEmpty ? [] : ["--exclude=" + all.joined(separator: ",")])
        var ids: [String] = []
        for _ in 0..<times {
            let outcome = try sbatch.run(options + [path])
            // "12", or "12;cluster".
            guard outcome.status == 0, let id = outcome.output.split(whereSeparator: { "; \n".contains($0) }).first
            else {
                let before = ids.isEmpty ? "" : " after the jobs \(ids.joined(separator: ", "))"
                throw Diagnostic(
                    "launch.refused", "Slurm refused the job\(before): \(outcome.complaint)", at: .init(file: path),
                    kind: .failure)
            }
            ids.append(String(id))
        }
        return ids
    }

    private static func silence(_ program: String, _ outcome: SystemProgram.Outcome) -> Diagnostic {
        Diagnostic(
            "launch.no-slurm", "Slurm does not answer \(program): \(outcome.complaint)",
            remedy: "see whether its controller runs: scontrol ping", kind: .failure)
    }
}
