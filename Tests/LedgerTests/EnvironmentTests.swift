import Diagnostics
import Foundation
import Testing

@testable import Ledger

/// What a record says of the machine, the job and the energy.
@Suite struct EnvironmentTests {
    @Test func readsASlurmJob() throws {
        let job = try #require(
            RunEnvironment.Job(slurm: [
                "SLURM_JOB_ID": "4711", "SLURM_JOB_NAME": "grow", "SLURM_JOB_PARTITION": "gpu_p5",
                "SLURM_JOB_NODELIST": "jean-zay-ia[801-848]", "SLURM_JOB_NUM_NODES": "48", "SLURM_NTASKS": "384",
                "SLURM_RESTART_COUNT": "2", "SLURM_CLUSTER_NAME": "jz", "SLURM_JOB_QOS": "qos_gpu-t4",
                "SLURM_ARRAY_JOB_ID": "4700", "SLURM_ARRAY_TASK_ID": "3", "SECRET": "password",
            ]))
        let text = String(decoding: try RecordJSON.encode(job), as: UTF8.self)
        let compact = text.filter { !$0.isWhitespace }
        #expect(
            compact == """
                {"array":"4700","array_task":"3","cluster":"jz","id":"4711","name":"grow","node_count":48,\
                "nodes":"jean-zay-ia[801-848]","partition":"gpu_p5","qos":"qos_gpu-t4","requeues":2,\
                "scheduler":"slurm","tasks":384}
                """)
        #expect(RunEnvironment.Job(slurm: ["SLURM_JOB_NAME": "no id"]) == nil)
        #expect(RunEnvironment.Job(slurm: ["SLURM_JOB_ID": "1"])?.requeues == nil)
    }

    @Test func addsEnergyUp() throws {
        var energy = RunEnergy(basis: "estimated from the profile glass")
        energy.add(.init(steps: 1...10, joules: 100, carbonGrams: 0.5))
        energy.add(.init(steps: 11...15, joules: 40.25, carbonGrams: 0.25))
        #expect(energy.segment == .init(steps: 11...15, joules: 40.25, carbonGrams: 0.25))
        #expect(energy.total == .init(steps: 1...15, joules: 140.25, carbonGrams: 0.75))
        // Steps done again were paid for again.
        energy.add(.init(steps: 6...15, joules: 80, carbonGrams: nil))
        #expect(energy.total == .init(steps: 1...15, joules: 220.25, carbonGrams: nil))
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        #expect(try ledger.energy(run) == nil)
        _ = try ledger.append(RunEvent(.segment, step: 15, files: [energy.recordFile()]), to: run, at: start)
        #expect(try ledger.energy(run) == energy)
    }

    /// Two packages, one of which begins anew, and parts that must not be counted twice.
    @Test func readsTheCountersOfTheProcessors() throws {
        let fixture = try GitFixture()
        func set(_ zone: String, _ name: String, _ microjoules: UInt64) throws {
            try fixture.write("\(name)\n", to: "powercap/\(zone)/name")
            try fixture.write("\(microjoules)\n", to: "powercap/\(zone)/energy_uj")
            try fixture.write("1000000\n", to: "powercap/\(zone)/max_energy_range_uj")
        }
        let folder = fixture.root + "/powercap"
        #expect(ProcessorEnergy.find(in: folder).counters == nil)
        #expect(ProcessorEnergy.find(in: folder).reason.contains("shows no energy counters"))
        try set("intel-rapl:0", "package-0", 100)
        try set("intel-rapl:1", "package-1", 999_990)
        try set("intel-rapl:0:0", "core", 7)
        try set("intel-rapl:2", "psys", 7)
        var counters = try #require(ProcessorEnergy.find(in: folder).counters)
        try set("intel-rapl:0", "package-0", 250_100)
        try set("intel-rapl:1", "package-1", 20)
        try set("intel-rapl:0:0", "core", 200_000)
        let first = counters.joules()
        #expect(first == 0.25003)
        let second = counters.joules()
        #expect(second == 0)
        try fixture.remove("powercap/intel-rapl:1/energy_uj")
        let third = counters.joules()
        #expect(third == nil)
        #expect(ProcessorEnergy.find(in: folder).reason.contains("may not be read"))
    }

    /// What a snapshot of all files takes up is what was listed before.
    @Test func listsUntrackedFilesBeforehand() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.write("*.secret\n", to: "repo/.serreignore")
        for (path, bytes) in [("new/b", 30), ("a.new", 5), ("key.secret", 9), ("noise.log", 9), ("large", 101)] {
            try fixture.write(String(repeating: "x", count: bytes), to: "repo/" + path)
        }
        try fixture.write("changed\n", to: "repo/a.txt")
        let limits = SnapshotLimits(fileBytesMax: 100)
        let before = try fixture.listing()
        let found = try fixture.ledger().untrackedFiles(limits: limits)
        #expect(try fixture.listing() == before)
        #expect(found.files.map(\.path) == [".serreignore", "a.new", "new/b"])
        #expect(found.bytes == 9 + 5 + 30)
        #expect(found.skipped == [SkippedFile(path: "large", bytes: 101, reason: .tooLarge)])
        let run = try fixture.ledger().begin(nanoManifest(), snapshot: .all, limits: limits, at: start).run
        let record = try fixture.ledger().read(run)
        #expect(record.snapshot.skipped == found.skipped)
        let tree = try #require(record.codeTree)
        let names = try fixture.git("diff", "--name-only", "--diff-filter=A", "HEAD", tree).split(separator: "\n")
        #expect(names.map(String.init) == found.files.map(\.path))
    }

    /// JSON carries every bit of a number.
    @Test func numbersComeBackToTheLastBit() throws {
        var generator = SystemRandomNumberGenerator()
        let edges = [0.1 + 0.2, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0, 1 / 3, 1e22]
        let values = edges + (0..<20_000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
        let text = try JSONEncoder().encode(values)
        let back = try JSONDecoder().decode([Double].self, from: text)
        #expect(zip(values, back).allSatisfy { $0.bitPattern == $1.bitPattern } && back.count == values.count)
    }
}
