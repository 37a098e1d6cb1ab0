import CGit2
import Diagnostics
import Foundation

/// The machine and the process of a run, for the file `environment.json` of its record.
///
/// The process and the host are named because git alone cannot tell a run that goes on from one whose process is gone.
public struct RunEnvironment: Codable, Sendable, Equatable {
    /// The record format.
    public var format = RecordFormat.version
    public var host: String
    public var process: Int
    /// The kernel's id of this boot, so that a process number is not mistaken for a later one.
    public var bootID: String?
    /// The operating system, its version and the processor architecture, as `uname` says them.
    public var system: String
    public var processor: String?
    public var processorsOnline: Int
    public var memoryBytes: UInt64
    /// Versions of libraries by name; libgit2 is filled in.
    public var libraries: [String: String]
    /// The environment variables of the allow-list that are set; others are not recorded, since they may hold secrets.
    public var variables: [String: String]
    /// The absolute path of the run's folder on ``host``.
    public var runFolder: String?
    /// The absolute place on ``host`` that the run's tokens were read from.
    public var corpus: String?
    /// The compiler that Serre was built with.
    public var compiler: String?
    /// The processes that shared the run, in order; `nil` when there was only this one.
    public var processes: [Member]?
    /// The job of the batch system that it ran in; `nil` outside of one.
    public var job: Job?

    /// One of the processes that shared a run.
    public struct Member: Codable, Sendable, Equatable {
        public var host: String
        /// The first and the last of the ranks that it held.
        public var ranks: [Int]

        public init(host: String, ranks: [Int]) {
            self.host = host
            self.ranks = ranks
        }
    }

    /// The variables that may be recorded.
    public static let recordedVariables = [
        "CUDA_VISIBLE_DEVICES", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LD_PRELOAD", "OMPI_COMM_WORLD_SIZE",
        "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "SERRE_ISA", "SLURM_ARRAY_JOB_ID",
        "SLURM_ARRAY_TASK_ID", "SLURM_CLUSTER_NAME", "SLURM_CPUS_PER_TASK", "SLURM_JOB_ID", "SLURM_JOB_NAME",
        "SLURM_JOB_NODELIST", "SLURM_JOB_NUM_NODES", "SLURM_JOB_PARTITION", "SLURM_JOB_QOS", "SLURM_NTASKS",
        "SLURM_RESTART_COUNT",
    ]

    /// The environment of this process.
    public static func current() -> RunEnvironment {
        let information = ProcessInfo.processInfo
        var names = utsname()
        uname(&names)
        let system = [text(names.sysname), text(names.release), text(names.machine)].joined(separator: " ")
        let variables = recordedVariables.compactMap { name in information.environment[name].map { (name, $0) } }
        return RunEnvironment(
            host: text(names.nodename), process: Int(information.processIdentifier),
            bootID: firstLine(of: "/proc/sys/kernel/random/boot_id") { _ in true },
            system: system,
            processor: firstLine(of: "/proc/cpuinfo") { $0.hasPrefix("model name") }
                .flatMap { $0.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) },
            processorsOnline: information.activeProcessorCount, memoryBytes: information.physicalMemory,
            libraries: ["libgit2": LIBGIT2_VERSION], variables: Dictionary(uniqueKeysWithValues: variables),
            job: Job(slurm: information.environment))
    }

    /// The environment as the record file `environment.json`.
    public func recordFile() throws(Diagnostic) -> RecordFile {
        RecordFile(path: RecordFormat.Path.environment, content: try RecordJSON.encode(self))
    }

    /// The text in a fixed-size C field.
    private static func text<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func firstLine(of path: String, where wanted: (Substring) -> Bool) -> String? {
        // Files of /proc say that they are empty, so they are read to their end instead of by size.
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").first(where: wanted).map(String.init)
    }

    private enum CodingKeys: String, CodingKey {
        case format, host, process, system, processor, libraries, variables, corpus, compiler
        case processes, job
        case runFolder = "run_folder"
        case bootID = "boot_id"
        case processorsOnline = "processors_online"
        case memoryBytes = "memory_bytes"
    }
}
