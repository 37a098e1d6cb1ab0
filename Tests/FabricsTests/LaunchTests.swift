import Diagnostics
import Testing

@testable import Fabrics

@Suite struct LaunchTests {
    @Test(arguments: [
        ([:], false), (["PATH": "/bin", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "3"], false),
        (["OMPI_COMM_WORLD_SIZE": "4"], true), (["OMPI_COMM_WORLD_SIZE": "1"], false), (["PMI_SIZE": "2"], true),
        (["MPI_LOCALNRANKS": "2"], true), (["SLURM_STEP_NUM_TASKS": "16"], true),
        (["SLURM_STEP_NUM_TASKS": "1"], false), (["PMIX_RANK": "0"], true), (["PMI_SIZE": "two"], true),
    ])
    func mpiStartsOnlyForProcessesStartedTogether(environment: [String: String], needsMPI: Bool) {
        #expect(LaunchEnvironment(environment).needsMPI == needsMPI)
    }

    @Test func theLauncherClosestToTheProcessIsBelieved() {
        let launch = LaunchEnvironment([
            "SLURM_STEP_NUM_TASKS": "2", "PMIX_RANK": "0", "OMPI_COMM_WORLD_SIZE": "8", "PMI_SIZE": "3",
        ])
        #expect(launch.size == 8 && launch.evidence == "OMPI_COMM_WORLD_SIZE=8")
    }

    @Test func aPlainStartIsOneHostWithALocalFabric() throws {
        let process = try HostProcess.start(environment: [:])
        #expect(process.hosts == 1 && process.host == 0)
        let fabric = try process.fabric(ranks: 6)
        #expect(fabric.ranks == 6 && fabric.localRanks == 0..<6 && fabric.hosts == 1 && fabric.host(of: 5) == 0)
        #expect(throws: Diagnostic.self) { try process.fabric(ranks: 6, counts: [3, 3]) }
        process.finish()
    }

    @Test(arguments: [0, 1, 2016, 2017, 10_000_000])
    func headersAreReadAsWritten(count: Int) throws {
        let header = MPIWire(address: .init(from: 70_000, to: 3, tag: .max), count: count)
        var bytes = [UInt8](repeating: 0, count: MPIWire.headerSize + (header.isInline ? count : 0))
        bytes.withUnsafeMutableBytes { header.write(to: $0) }
        let read = try #require(bytes.withUnsafeBytes { MPIWire($0) })
        #expect(read.address == header.address && read.count == count && read.isInline == (count <= 2016))
        #expect(bytes.dropLast().withUnsafeBytes { MPIWire($0) } == nil)
        bytes[0] ^= 1
        #expect(bytes.withUnsafeBytes { MPIWire($0) } == nil)
    }

    @Test func piecesOfAHugePayloadKeepBelowTheCountLimit() {
        let count = 5 << 29
        let pieces = MPIWire.pieces(of: count)
        #expect(pieces.map(\.count) == [1 << 30, 1 << 30, 1 << 29])
        #expect(pieces.first?.lowerBound == 0 && pieces.last?.upperBound == count)
        #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }
}
