import ArgumentParser
import Diagnostics
import Foundation
import Launching

/// What a user may want of Slurm otherwise than the cluster profile says.
struct SlurmArguments: ParsableArguments {
    @Option(help: "How many jobs may follow each other, each up to the time limit.")
    var jobs = 1
    @Option(help: "How they follow each other: array, one array, or singleton, jobs of one name.")
    var chain = JobRequest.Chain.array
    @Option(help: "Project to account for; the profile may add its partition, as in abc@a100 (default: Slurm's).")
    var account: String?
    @Option(help: "Partition (default: the profile's).")
    var partition: String?
    @Option(help: "Quality of service (default: the profile's).")
    var qos: String?
    @Option(help: "Features that nodes must have (default: the profile's).")
    var constraint: String?
    @Option(
        help: ArgumentHelp(
            "Time limit of a job: 20h, 90m or 1:59:00 (default: the profile's).", valueName: "duration"))
    var time: String?
    @Option(help: "Nodes that no job may get, such as n3,n[7-9] (default: none).")
    var exclude: String?
    @Option(help: "Nodes held in reserve, which take the place of lost ones within a job.")
    var spareNodes = 0
    @Option(help: "How srun starts MPI programs, a word of srun --mpi=list (default: the profile's, else pmix).")
    var mpi: String?

    /// Adds these to a request.
    func complete(_ request: inout JobRequest) throws(Diagnostic) {
        (request.jobs, request.chain, request.spareNodes) = (jobs, chain, spareNodes)
        (request.account, request.partition, request.qos) = (account, partition, qos)
        (request.constraint, request.exclude, request.mpi) = (constraint, exclude, mpi)
        request.seconds = try time.map { (text) throws(Diagnostic) in try Self.seconds(text, "--time") }
    }

    static func seconds(_ text: String, _ option: String) throws(Diagnostic) -> Int {
        guard let duration = DurationText(text) else {
            throw Diagnostic(
                "launch.duration", "\(option) is not a length of time",
                expected: "such as 20h, 90m, 1h30m or 1:59:00", found: text)
        }
        return duration.seconds
    }
}

extension JobRequest.Chain: ExpressibleByArgument {}

/// Paths as a job finds them.
enum FilePath {
    static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// The executable of this process.
    static var thisProgram: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}

extension RecipeArguments {
    /// The options that may change the result, as words of a command line; they count when a run starts.
    var resultWords: [String] {
        var others = self
        (others.tensor, others.pipeline, others.interleave, others.data, others.microBatch) = (nil, nil, nil, nil, nil)
        (others.zero, others.sequenceParallel, others.recompute, others.schedule) = (nil, nil, nil, nil)
        return others.words
    }
}
