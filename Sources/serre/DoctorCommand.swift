import ArgumentParser
import Diagnostics
import Fabrics
import Foundation
import Ledger
import Numerics
import Tables

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine offers and what is missing, with the command that installs it.",
        discussion: "Example:\n  serre doctor")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let best = try KernelContext(instructionSet: nil, workers: 1)
        var table = TextTable(header: [])
        table.rows = [
            ["processor", RunEnvironment.current().processor ?? "unknown"],
            ["cores", "\(ProcessInfo.processInfo.activeProcessorCount)"],
            ["kernels", best.instructionSet.rawValue],
            ["openblas", blas()],
            ["mpi", HostProcess.library],
            ["mpirun", found("mpirun") ?? "missing: apt-get install openmpi-bin"],
            ["git", found("git") ?? "missing: apt-get install git (reading records by hand)"],
            ["slurm", found("sbatch") ?? "not on this machine"],
            [
                "gpu",
                FileManager.default.fileExists(atPath: "/dev/nvidia0") ? "NVIDIA device present, not used yet" : "none",
            ],
        ]
        if json {
            return try Console.printJSON(Dictionary(table.rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { a, _ in a }))
        }
        table.lines.forEach(Console.print)
    }

    private func blas() -> String {
        do {
            return try KernelContext(instructionSet: nil, workers: 1, products: .blas).blasConfiguration ?? "present"
        } catch {
            return "missing (numerics: blas needs it): apt-get install libopenblas0-pthread"
        }
    }

    private func found(_ program: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/\(program)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }
}
