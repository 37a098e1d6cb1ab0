import ClusterProfiles
import Diagnostics
import Recipes
import Testing

@testable import Launching

@Suite("Plans of jobs") struct JobPlanTests {
    @Test("Figures come from the profile")
    func figures() throws {
        let plan = try LaunchFixture.plan("bloom-176b", on: "jean-zay-a100", nodes: 48) { $0.account = "abc" }
        #expect(plan.tasks == 384 && plan.tasksPerNode == 8 && plan.coresPerTask == 8)
        #expect(plan.acceleratorsPerNode == 8 && plan.seconds == 72_000 && plan.warningSeconds == 600)
        #expect(plan.partition == "gpu_p5" && plan.constraint == "a100" && plan.qos == "qos_gpu_a100-t3")
        #expect(plan.account == "abc@a100" && plan.modules == ["arch/a100"] && plan.mpi == "pmix")
    }

    @Test("What the user names goes before the profile")
    func choices() throws {
        let plan = try LaunchFixture.plan("bloom-176b", on: "jean-zay-a100", nodes: 48) {
            ($0.account, $0.qos, $0.seconds, $0.mpi) = ("abc@v100", "qos_gpu_a100-dev", 7200, "pmix_v4")
        }
        #expect(plan.account == "abc@v100" && plan.qos == "qos_gpu_a100-dev" && plan.seconds == 7200)
        #expect(plan.mpi == "pmix_v4" && plan.constraint == "a100")
        // Features belong to the partition that they were named for.
        let other = try LaunchFixture.plan("bloom-176b", on: "jean-zay-a100", nodes: 48) {
            ($0.partition, $0.seconds) = ("other", 3600)
        }
        #expect(other.partition == "other" && other.constraint == nil)
    }

    @Test("Processors are no accelerators to ask for")
    func processors() throws {
        let plan = try LaunchFixture.plan(
            "nano", on: "laptop", nodes: 1,
            overrides: [
                "slurm.partition=glass", "slurm.cores_per_accelerator.value=1",
                "slurm.cores_per_accelerator.source=assumption", "slurm.time_limit_hours.value=1",
                "slurm.time_limit_hours.source=assumption",
            ])
        #expect(plan.acceleratorsPerNode == nil)
        #expect(!JobScript(plan, author: "serre").text.contains("gres"))
    }

    @Test("A quality of service that holds fewer accelerators than the partition is respected")
    func quality() throws {
        func plan(_ nodes: Int, _ change: (inout JobRequest) -> Void = { _ in }) throws -> JobPlan {
            let samples = 4 * nodes
            let recipe = try Recipe.load(
                "nano",
                overrides: [
                    "layout.data=\(samples)", "layout.micro_batch=1", "batch.global=\(samples)", "lanes=\(samples)",
                ])
            var request = LaunchFixture.request("nano", nodes: nodes)
            change(&request)
            return try JobPlan(recipe, on: ClusterProfile.load("jean-zay-v100-32g"), request)
        }
        #expect(try plan(128).qos == "qos_gpu-t3")
        let problem = try #require(throws: Diagnostic.self) { try plan(192) }
        #expect(problem.code == "launch.quality" && problem.expected == "at most 512" && problem.found == "768")
        #expect(try plan(192) { ($0.qos, $0.seconds) = ("qos_gpu-gc", 360_000) }.qos == "qos_gpu-gc")
    }

    static let refused: [(String, String, @Sendable (inout JobRequest) -> Void)] = [
        ("launch.layout", "--nodes", { $0.nodes = 47 }),
        ("launch.layout", "--nodes", { $0.nodes = 24 }),
        ("launch.nodes", "--nodes", { $0.nodes = 53 }),
        ("launch.nodes", "--nodes", { $0.spareNodes = 5 }),
        ("launch.nodes", "--nodes", { $0.nodes = 0 }),
        ("launch.nodes", "--nodes", { $0.spareNodes = -1 }),
        ("launch.jobs", "--jobs", { $0.jobs = 0 }),
        ("launch.jobs", "--jobs", { $0.jobs = 1001 }),
        ("launch.time", "--time", { $0.seconds = 72_001 }),
        ("launch.time", "--time", { $0.seconds = 59 }),
        ("launch.time", "--time", { $0.qos = "qos_gpu_a100-dev" }),
        ("launch.time", "--time", { $0.partition = "other" }),
        ("launch.word", "--name", { $0.name = "a b" }),
        ("launch.word", "--name", { $0.name = "a\n#SBATCH --exclusive" }),
        ("launch.word", "--account", { $0.account = "-x" }),
        ("launch.word", "--exclude", { $0.exclude = "" }),
        ("launch.word", "--mpi", { $0.mpi = "pmix;reboot" }),
        ("launch.word", "--output", { $0.folder = "/data/100%/x" }),
        ("launch.word", "the current folder", { $0.workFolder = "/data/my runs" }),
    ]

    @Test("What cannot be is refused, and where it was said is named", arguments: refused.indices)
    func refusals(index: Int) throws {
        let (code, key, change) = Self.refused[index]
        let problem = try #require(throws: Diagnostic.self) {
            try LaunchFixture.plan("bloom-176b", on: "jean-zay-a100", nodes: 48, change)
        }
        #expect(problem.code == code && problem.location?.key == key && problem.exitStatus == 2, "\(problem)")
    }

    @Test("A layout that does not spread is told how many nodes it would take")
    func remedy() throws {
        let problem = try #require(throws: Diagnostic.self) {
            try LaunchFixture.plan("bloom-176b", on: "jean-zay-a100", nodes: 47)
        }
        #expect(problem.remedy == "pass --nodes 48")
    }

    @Test("A profile without Slurm, and one whose nodes have too few cores")
    func profiles() throws {
        let none = try #require(throws: Diagnostic.self) { try LaunchFixture.plan("nano", on: "laptop", nodes: 1) }
        #expect(none.code == "launch.no-slurm")
        let few = try #require(throws: Diagnostic.self) {
            try LaunchFixture.plan(
                "bloom-176b", on: "jean-zay-a100", nodes: 48, overrides: ["slurm.cores_per_accelerator.value=9"])
        }
        #expect(few.code == "launch.cores" && few.expected == "at most 8")
    }
}
